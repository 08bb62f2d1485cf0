//! Mistakes in the sources of imports.

use super::super::fixture::{REPORTED, SHOP};
use super::{MAIN, Mistake, core};
use crate::plan::{Kind, WireSource};
use crate::read::Extern;

pub(super) const MISTAKES: &[Mistake] = &[
    (
        "a wire is missing",
        SHOP,
        |f| f.plan.wires.retain(|w| w.field != "now"),
        &["import `log` `now` of `main` has no wire"],
    ),
    (
        "a duplicate wire",
        SHOP,
        |f| {
            let again = f.wire(0, "now").clone();
            f.plan.wires.push(again);
        },
        &["import `log` `now` of `main` has 2 wires"],
    ),
    (
        "a wire without an import",
        SHOP,
        |f| {
            let mut other = f.wire(0, "now").clone();
            other.field = "then".into();
            f.plan.wires.push(other);
        },
        &["the plan has a wire for import `log` `then` of `main`, which does not exist"],
    ),
    (
        "an import that is repeated",
        SHOP,
        |f| {
            let again = f.module(0).imports[2].clone();
            f.module(0).imports.push(again);
        },
        &["import `log` `now` of `main` is duplicated, which is not valid in a component"],
    ),
    (
        "another function",
        SHOP,
        |f| {
            let WireSource::Lower(function, _) = &mut f.wire(0, "now").source else { return };
            function.name = "read".into();
        },
        &["import `log` `now` of `main` is wired to the lowered function `log#read`, which does not match its names"],
    ),
    (
        "a function that is not in the world",
        SHOP,
        |f| {
            f.module(0).imports[2].field = "then".into();
            f.wire(0, "now").field = "then".into();
            let WireSource::Lower(function, _) = &mut f.wire(0, "then").source else { return };
            function.name = "then".into();
        },
        &["import `log` `then` of `main`: the world does not contain function `log#then`"],
    ),
    (
        "an adapter's function from main",
        SHOP,
        |f| f.wire(0, "get").source = WireSource::Export(core(MAIN, "spare"), Kind::Func),
        &["import `old` `get` of `main` is wired to the func `spare` of `main`, which does not match its names"],
    ),
    (
        "a function that the adapter does not export",
        SHOP,
        |f| f.module(1).exports.retain(|e| e.name != "get"),
        &[
            "`old` is embedded, but main and the world do not require it, neither directly nor through other adapters",
            "import `old` `get` of `main` is wired to the func `get` of `old`, which does not match its names",
            "import `old` `get` of `new` is wired to the func `get` of `old`, which does not match its names",
        ],
    ),
    (
        "an allocation that is not reported",
        REPORTED,
        |f| f.wire(2, "cabi_realloc").source = WireSource::Export(core(MAIN, "cabi_realloc"), Kind::Func),
        &[
            "import `__main_module__` `cabi_realloc` of `old` is wired to the func `cabi_realloc` of `main`, which does not match its names",
        ],
    ),
    (
        "resource.rep for resource.new",
        SHOP,
        |f| {
            let WireSource::ResourceNew(id, name) = f.wire(0, "[resource-new]cart").source.clone() else { return };
            f.wire(0, "[resource-new]cart").source = WireSource::ResourceRep(id, name);
        },
        &[
            "import `[export]t:t/shop` `[resource-new]cart` of `main` is wired to resource.rep of `cart`, which does not match its names",
        ],
    ),
    (
        "resource.drop of another resource",
        SHOP,
        |f| {
            let WireSource::ResourceNew(cart, name) = f.wire(0, "[resource-new]cart").source.clone() else { return };
            f.wire(0, "[resource-drop]file").source = WireSource::ResourceDrop(cart, name);
        },
        &[
            "import `t:t/files` `[resource-drop]file` of `main` is wired to resource.drop of `cart`, which does not match its names",
        ],
    ),
    (
        "an import of another type than the lower's",
        SHOP,
        |f| f.module(0).imports[2].ty = f.module(0).imports[3].ty.clone(),
        &[
            "import `log` `now` of `main` has a different type than the lowered function `log#now`\n  expected: (func (result i64))\n  found:    (func (param i32))",
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
            "import `old` `get` of `main` has a different type than the func `get` of `old`\n  expected: (func (param i32) (result i32))\n  found:    (func (param i32))",
            "slot 3 (`get`) has a different type than import `old` `get` of `main`\n  expected: (func (param i32))\n  found:    (func (param i32) (result i32))",
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
            "import `env` `memory` of `old` has a different type than the memory `memory` of `main`\n  expected: (memory 1)\n  found:    (memory 2 3)",
        ],
    ),
];
