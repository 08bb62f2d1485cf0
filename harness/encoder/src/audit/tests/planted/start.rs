//! Mistakes in the preparations for main's start function.

use super::super::fixture::STARTING;
use super::{MAIN, Mistake, OLD, core};
use crate::plan::{ModuleId, Prepare, SlotId};

/// Adapter that must be instantiated before main.
const EARLY: ModuleId = OLD;

pub(super) const MISTAKES: &[Mistake] = &[
    (
        "a missing call",
        STARTING,
        |f| _ = f.plan.start.as_mut().unwrap().calls.pop(),
        &["main's start function may call `log` `write`, `early` `get`, but the plan lists `log` `write`"],
    ),
    (
        "a missing start function",
        STARTING,
        |f| f.plan.start = None,
        &[
            "main's start function may call `log` `write`, `early` `get`, but the plan lists nothing",
            "the instantiation order begins with `early`, expected main",
            "the plan has preparations for main's start function, which does not require any",
        ],
    ),
    (
        "the adapter comes after main",
        STARTING,
        |f| f.plan.order.swap(0, 1),
        &[
            "`early` is instantiated after main, but main's start function may call it and nothing prevents an earlier instantiation",
            "slot 0 (`read`) is filled before main's start function runs, but the realloc of `early` does not exist yet",
            "`_initialize` of `early` is called before main, when its own instance is not available yet",
            "import `early` `get` of `main` is wired directly, but the instance of `early` does not exist yet",
        ],
    ),
    (
        "another adapter comes before main",
        STARTING,
        |f| f.plan.order.swap(1, 2),
        &["`new` is instantiated before main, but main does not require it, or it imports more of main than functions"],
    ),
    (
        "main's memory is not hosted",
        STARTING,
        |f| {
            let main = f.modules[0].clone();
            *f.module(0) = main;
            f.plan.wires.retain(|wire| wire.module != "env" || wire.importer != MAIN);
            f.plan.hosted_memory = None;
        },
        &[
            "main's memory does not exist before its start function runs",
            "import `log` `read` of `early` has the option `memory` (the memory of the shim), expected `memory` of `main`",
            "import `log` `read` of `main` has the option `memory` (the memory of the shim), expected `memory` of `main`",
            "import `log` `write` of `main` has the option `memory` (the memory of the shim), expected `memory` of `main`",
            "export `tools#greet` has the option `memory` (the memory of the shim), expected `memory` of `main`",
        ],
    ),
    (
        "nothing is prepared",
        STARTING,
        |f| f.plan.prepare = None,
        &[
            "slot 0 (`read`) could be filled before main's start function runs, but is not",
            "`early` is never initialized with `_initialize`",
        ],
    ),
    (
        "a slot that cannot be prepared",
        STARTING,
        |f| f.plan.prepare.as_mut().unwrap().slots.extend([SlotId(0), SlotId(1)]),
        &[
            "slot 0 (`read`) is filled 2 times before main's start function runs",
            "slot 1 (`read`) is filled before main's start function runs, but the realloc of `main` does not exist yet",
        ],
    ),
    (
        "initialized without its slots",
        STARTING,
        |f| {
            let initialize = f.plan.prepare.as_ref().unwrap().initialize.clone();
            f.plan.prepare = Some(Prepare { slots: Vec::new(), initialize });
        },
        &[
            "slot 0 (`read`) could be filled before main's start function runs, but is not",
            "`_initialize` of `early` is called before main, when `log` `read` is not available yet",
        ],
    ),
    (
        "main is initialized before it is instantiated",
        STARTING,
        |f| {
            f.plan.prepare.as_mut().unwrap().initialize.push(core(MAIN, "_initialize"));
            f.plan.initialize.clear();
        },
        &["`_initialize` of `main` is called before main, when its own instance is not available yet"],
    ),
    (
        "an early adapter is initialized late, and twice",
        STARTING,
        |f| {
            f.plan.initialize.insert(0, core(EARLY, "_initialize"));
            f.plan.initialize.swap(0, 1);
        },
        &["`early` is initialized 2 times", "`main` is initialized before `early`, which its initializer may call"],
    ),
];
