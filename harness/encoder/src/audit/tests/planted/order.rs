//! Mistakes in embedding, instantiation and initialization of modules, and in the hosted memory.

use super::super::fixture::{Fixture, GUEST_OF_HOST, SHOP};
use super::{IDLE, MAIN, Mistake, NEW, OLD, core};
use crate::bind::Bound;
use crate::parts::Part;

pub(super) const MISTAKES: &[Mistake] = &[
    (
        "main is not first",
        SHOP,
        |f| f.plan.order.swap(0, 1),
        &["the instantiation order begins with `new`, expected main"],
    ),
    ("another name", SHOP, |f| f.plan.modules[1].name = "elder".into(), &["`old` is named `elder` in the plan"]),
    (
        "no order",
        GUEST_OF_HOST,
        |f| f.plan.order.clear(),
        &[
            "the instantiation order begins with nothing, expected main",
            "`main` is embedded, but never instantiated",
            "`old` is embedded, but never instantiated",
        ],
    ),
    ("a duplicate adapter", SHOP, |f| f.plan.order.push(NEW), &["`new` is instantiated 2 times"]),
    (
        "an adapter that is not embedded",
        SHOP,
        |f| f.plan.order.push(IDLE),
        &["`idle` is in the instantiation order, but not embedded"],
    ),
    (
        "an adapter that is not required",
        SHOP,
        |f| {
            let module = f.modules[IDLE.0].clone();
            let asked_by = Default::default();
            f.parts.adapters[IDLE.0 - 1] =
                Some(Part { module, bound: Bound::default(), trimmed: None, asked_by, start: None });
            f.plan.order.push(IDLE);
        },
        &["`idle` is embedded, but main and the world do not require it, neither directly nor through other adapters"],
    ),
    (
        "no hosted memory",
        GUEST_OF_HOST,
        |f| f.plan.hosted_memory = None,
        &[
            "import `env` `memory` of `main` is wired to the memory of the shim, which does not match its names",
            "the memory that main imports is `env` `memory` (memory 2 9), but the plan hosts none",
        ],
    ),
    (
        "a hosted memory of another size",
        GUEST_OF_HOST,
        |f| f.plan.hosted_memory.as_mut().unwrap().ty.initial = 1,
        &[
            "import `env` `memory` of `main` has a different type than the memory of the shim\n  expected: (memory 1 9)\n  found:    (memory 2 9)",
            "the memory that main imports is `env` `memory` (memory 2 9), but the plan hosts `env` `memory` (memory 1 9)",
        ],
    ),
    (
        "an unneeded hosted memory",
        SHOP,
        |f| f.plan.hosted_memory = Fixture::new(GUEST_OF_HOST).plan.hosted_memory,
        &["the memory that main imports is none, but the plan hosts `env` `memory` (memory 2 9)"],
    ),
    (
        "never initialized",
        SHOP,
        |f| f.plan.initialize.retain(|core| core.module != OLD),
        &["`old` is never initialized with `_initialize`"],
    ),
    (
        "initialized twice",
        SHOP,
        |f| f.plan.initialize.push(core(MAIN, "_initialize")),
        &["`main` is initialized 2 times"],
    ),
    (
        "initialized too early",
        SHOP,
        |f| f.plan.initialize.reverse(),
        &[
            "`main` is initialized before `old`, which its initializer may call",
            "`old` is initialized before `new`, which its initializer may call",
        ],
    ),
    (
        "initialized with something else",
        SHOP,
        |f| f.plan.initialize[0].export = "more".into(),
        &["`new` is never initialized with `_initialize`", "`more` of `new` is not an initializer"],
    ),
];
