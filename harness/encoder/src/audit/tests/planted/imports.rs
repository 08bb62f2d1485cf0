//! Mistakes in what imports are wired to.

use super::super::fixture::{REPORTED, SHOP};
use super::{MAIN, Mistake, core};
use crate::plan::{Kind, Source};
use crate::read::Extern;

pub(super) const MISTAKES: &[Mistake] = &[
    (
        "a wire is missing",
        SHOP,
        |f| f.plan.wires.retain(|w| w.field != "now"),
        &["import `log` `now` of `main` has no wire"],
    ),
    (
        "a wire twice",
        SHOP,
        |f| {
            let again = f.wire(0, "now").clone();
            f.plan.wires.push(again);
        },
        &["import `log` `now` of `main` has 2 wires"],
    ),
    (
        "a wire for nothing",
        SHOP,
        |f| {
            let mut other = f.wire(0, "now").clone();
            other.field = "then".into();
            f.plan.wires.push(other);
        },
        &["there is a wire for import `log` `then` of `main`, which does not exist"],
    ),
    (
        "an import that is repeated",
        SHOP,
        |f| {
            let again = f.module(0).imports[2].clone();
            f.module(0).imports.push(again);
        },
        &["import `log` `now` of `main` is there twice, which a component does not allow"],
    ),
    (
        "another function",
        SHOP,
        |f| {
            let Source::Lower(function, _) = &mut f.wire(0, "now").source else { return };
            function.name = "read".into();
        },
        &["import `log` `now` of `main` is wired to the lowered function `log#read`, which is not what its names mean"],
    ),
    (
        "a function that the world has not",
        SHOP,
        |f| {
            f.module(0).imports[2].field = "then".into();
            f.wire(0, "now").field = "then".into();
            let Source::Lower(function, _) = &mut f.wire(0, "then").source else { return };
            function.name = "then".into();
        },
        &["import `log` `then` of `main`: the world has no function `log#then` here"],
    ),
    (
        "an adapter's function from main",
        SHOP,
        |f| f.wire(0, "get").source = Source::Export(core(MAIN, "spare"), Kind::Func),
        &["import `old` `get` of `main` is wired to the func `spare` of `main`, which is not what its names mean"],
    ),
    (
        "a function that the adapter has not",
        SHOP,
        |f| f.module(1).exports.retain(|e| e.name != "get"),
        &[
            "`old` is embedded, but neither main nor the world asks for it, not even through other adapters",
            "import `old` `get` of `main` is wired to the func `get` of `old`, which is not what its names mean",
            "import `old` `get` of `new` is wired to the func `get` of `old`, which is not what its names mean",
        ],
    ),
    (
        "an allocation that is not reported",
        REPORTED,
        |f| f.wire(2, "cabi_realloc").source = Source::Export(core(MAIN, "cabi_realloc"), Kind::Func),
        &[
            "import `__main_module__` `cabi_realloc` of `old` is wired to the func `cabi_realloc` of `main`, which is not what its names mean",
        ],
    ),
    (
        "resource.rep for resource.new",
        SHOP,
        |f| {
            let Source::ResourceNew(id, name) = f.wire(0, "[resource-new]cart").source.clone() else { return };
            f.wire(0, "[resource-new]cart").source = Source::ResourceRep(id, name);
        },
        &[
            "import `[export]t:t/shop` `[resource-new]cart` of `main` is wired to resource.rep of `cart`, which is not what its names mean",
        ],
    ),
    (
        "resource.drop of another resource",
        SHOP,
        |f| {
            let Source::ResourceNew(cart, name) = f.wire(0, "[resource-new]cart").source.clone() else { return };
            f.wire(0, "[resource-drop]file").source = Source::ResourceDrop(cart, name);
        },
        &[
            "import `t:t/files` `[resource-drop]file` of `main` is wired to resource.drop of `cart`, which is not what its names mean",
        ],
    ),
    (
        "an import of another type than the lower's",
        SHOP,
        |f| f.module(0).imports[2].ty = f.module(0).imports[3].ty.clone(),
        &[
            "import `log` `now` of `main` has another type than the lowered function `log#now`\n  expected: (func (result i64))\n  found:    (func (param i32))",
        ],
    ),
    (
        "an import of another type than the export's",
        SHOP,
        |f| {
            let other = f.module(0).imports[3].ty.clone();
            f.module(0).imports.iter_mut().find(|i| i.field == "get").unwrap().ty = other;
        },
        &[
            "import `old` `get` of `main` has another type than the func `get` of `old`\n  expected: (func (param i32) (result i32))\n  found:    (func (param i32))",
            "slot 3 (`get`) has another type than import `old` `get` of `main`\n  expected: (func (param i32))\n  found:    (func (param i32) (result i32))",
        ],
    ),
    (
        "more memory than main has",
        SHOP,
        |f| {
            let memory = f.module(1).imports.iter_mut().find(|i| i.field == "memory").unwrap();
            let Extern::Memory(ty) = &mut memory.ty else { return };
            (ty.initial, ty.maximum) = (2, Some(3));
        },
        &[
            "import `env` `memory` of `old` has another type than the memory `memory` of `main`\n  expected: (memory 1)\n  found:    (memory 2 3)",
        ],
    ),
];
