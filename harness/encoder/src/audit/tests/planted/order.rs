//! Mistakes in who is embedded, instantiated and initialised when, and in the hosted memory.

use super::super::fixture::{Fixture, GUEST_OF_HOST, SHOP};
use super::{IDLE, MAIN, Mistake, NEW, OLD, core};
use crate::bind::Bound;
use crate::demand::Part;

pub(super) const MISTAKES: &[Mistake] = &[
    ("main is not first", SHOP, |f| f.plan.order.swap(0, 1), &["the order begins with `new` instead of main"]),
    ("another name", SHOP, |f| f.plan.modules[1].name = "elder".into(), &["`old` is called `elder` in the plan"]),
    (
        "no order",
        GUEST_OF_HOST,
        |f| f.plan.order.clear(),
        &[
            "the order begins with nothing instead of main",
            "`main` is embedded, but never instantiated",
            "`old` is embedded, but never instantiated",
        ],
    ),
    ("an adapter twice", SHOP, |f| f.plan.order.push(NEW), &["`new` is instantiated 2 times"]),
    (
        "an adapter that is not embedded",
        SHOP,
        |f| f.plan.order.push(IDLE),
        &["`idle` is in the order, but not embedded"],
    ),
    (
        "an adapter that nobody asks for",
        SHOP,
        |f| {
            let module = f.modules[IDLE.0].clone();
            let asked_by = Default::default();
            f.parts[IDLE.0] = Some(Part { module, bound: Bound::default(), trimmed: None, asked_by, start: None });
            f.plan.order.push(IDLE);
        },
        &["`idle` is embedded, but neither main nor the world asks for it, not even through other adapters"],
    ),
    (
        "no hosted memory",
        GUEST_OF_HOST,
        |f| f.plan.hosted_memory = None,
        &[
            "import `env` `memory` of `main` is wired to the memory of the shim, which is not what its names mean",
            "the memory that main imports is `env` `memory` (memory 2 9), but the plan hosts none",
        ],
    ),
    (
        "a hosted memory of another size",
        GUEST_OF_HOST,
        |f| f.plan.hosted_memory.as_mut().unwrap().ty.initial = 1,
        &[
            "import `env` `memory` of `main` has another type than the memory of the shim\n  expected: (memory 1 9)\n  found:    (memory 2 9)",
            "the memory that main imports is `env` `memory` (memory 2 9), but the plan hosts `env` `memory` (memory 1 9)",
        ],
    ),
    (
        "a hosted memory for nothing",
        SHOP,
        |f| f.plan.hosted_memory = Fixture::new(GUEST_OF_HOST).plan.hosted_memory,
        &["the memory that main imports is none, but the plan hosts `env` `memory` (memory 2 9)"],
    ),
    (
        "never initialised",
        SHOP,
        |f| f.plan.initialize.retain(|core| core.module != OLD),
        &["`old` is never initialised with `_initialize`"],
    ),
    (
        "initialised twice",
        SHOP,
        |f| f.plan.initialize.push(core(MAIN, "_initialize")),
        &["`main` is initialised 2 times"],
    ),
    (
        "initialised too early",
        SHOP,
        |f| f.plan.initialize.reverse(),
        &[
            "`main` is initialised before `old`, which it may call by then",
            "`old` is initialised before `new`, which it may call by then",
        ],
    ),
    (
        "initialised with something else",
        SHOP,
        |f| f.plan.initialize[0].export = "more".into(),
        &["`new` is never initialised with `_initialize`", "`more` of `new` initialises nothing"],
    ),
];
