//! Mistakes in what comes before main for its start function.

use super::super::fixture::STARTING;
use super::{MAIN, Mistake, OLD, core};
use crate::plan::{ModuleId, Prepare, SlotId};

/// The adapter that is to come before main.
const EARLY: ModuleId = OLD;

pub(super) const MISTAKES: &[Mistake] = &[
    (
        "a call is forgotten",
        STARTING,
        |f| _ = f.plan.start.as_mut().unwrap().calls.pop(),
        &["main's start function may call `log` `write`, `early` `get`, but the plan says `log` `write`"],
    ),
    (
        "the start function is forgotten",
        STARTING,
        |f| f.plan.start = None,
        &[
            "main's start function may call `log` `write`, `early` `get`, but the plan says nothing",
            "the order begins with `early` instead of main",
            "something is prepared for main's start function, which calls nothing of the kind",
        ],
    ),
    (
        "the adapter comes after main",
        STARTING,
        |f| f.plan.order.swap(0, 1),
        &[
            "`early` comes after main, although main's start function may call it and nothing keeps it there",
            "slot 0 (`read`) is filled before main's start function runs, but the realloc of `early` does not exist yet",
            "`_initialize` of `early` is called before main, when its own instance is not there yet",
            "import `early` `get` of `main` is wired directly, but the instance of `early` does not exist yet",
        ],
    ),
    (
        "another one comes before",
        STARTING,
        |f| f.plan.order.swap(1, 2),
        &["`new` comes before main, although main does not ask for it, or it takes more of main than functions"],
    ),
    (
        "main's memory stays where it was",
        STARTING,
        |f| {
            let main = f.modules[0].clone();
            *f.module(0) = main;
            f.plan.wires.retain(|wire| wire.module != "env" || wire.importer != MAIN);
            f.plan.hosted_memory = None;
        },
        &[
            "main's memory does not exist before its start function runs",
            "import `log` `read` of `early` has the option `memory`, the memory of the shim, instead of `memory` of `main`",
            "import `log` `read` of `main` has the option `memory`, the memory of the shim, instead of `memory` of `main`",
            "import `log` `write` of `main` has the option `memory`, the memory of the shim, instead of `memory` of `main`",
            "export `tools#greet` has the option `memory`, the memory of the shim, instead of `memory` of `main`",
        ],
    ),
    (
        "nothing is prepared",
        STARTING,
        |f| f.plan.prepare = None,
        &[
            "slot 0 (`read`) could be filled before main's start function runs, and is not",
            "`early` is never initialised with `_initialize`",
        ],
    ),
    (
        "a slot is prepared that cannot be",
        STARTING,
        |f| f.plan.prepare.as_mut().unwrap().slots.extend([SlotId(0), SlotId(1)]),
        &[
            "slot 0 (`read`) is filled 2 times before main's start function runs",
            "slot 1 (`read`) is filled before main's start function runs, but the realloc of `main` does not exist yet",
        ],
    ),
    (
        "initialised without its slots",
        STARTING,
        |f| {
            let initialize = f.plan.prepare.as_ref().unwrap().initialize.clone();
            f.plan.prepare = Some(Prepare { slots: Vec::new(), initialize });
        },
        &[
            "slot 0 (`read`) could be filled before main's start function runs, and is not",
            "`_initialize` of `early` is called before main, when `log` `read` is not there yet",
        ],
    ),
    (
        "main is initialised before it is there",
        STARTING,
        |f| {
            f.plan.prepare.as_mut().unwrap().initialize.push(core(MAIN, "_initialize"));
            f.plan.initialize.clear();
        },
        &["`_initialize` of `main` is called before main, when its own instance is not there yet"],
    ),
    (
        "what is early is initialised late, and twice",
        STARTING,
        |f| {
            f.plan.initialize.insert(0, core(EARLY, "_initialize"));
            f.plan.initialize.swap(0, 1);
        },
        &["`early` is initialised 2 times", "`main` is initialised before `early`, which it may call by then"],
    ),
];
