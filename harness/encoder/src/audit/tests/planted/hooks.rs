//! Mistakes in what main's task hook is told, and in its thread-local storage.

use foldhash::HashMap;

use super::super::fixture::{HOOKED, SHOP};
use super::{MAIN, Mistake, core};
use crate::plan::{Event, Hooks, Source, Via};

pub(super) const MISTAKES: &[Mistake] = &[
    (
        "a hook that main has not",
        SHOP,
        |f| f.plan.hooks = Some(Hooks { hook: core(MAIN, "wait"), wrapped: Vec::new(), places: HashMap::default() }),
        &["main's task hook is nothing, but the plan calls `wait` of `main`"],
    ),
    (
        "no hook",
        HOOKED,
        |f| f.plan.hooks = None,
        &["main's task hook is `__wasm_task_hook` of `main`, but the plan calls nothing"],
    ),
    (
        "a call without notice",
        HOOKED,
        |f| f.plan.hooks.as_mut().unwrap().wrapped.retain(|w| w.core.export != "wait"),
        &["the canonical ABI calls `wait` of `main` without notice to main's task hook"],
    ),
    (
        "a call with two notices",
        HOOKED,
        |f| {
            let wrapped = &mut f.plan.hooks.as_mut().unwrap().wrapped;
            wrapped.push(wrapped[0].clone());
        },
        &["`cabi_realloc` of `main` is wrapped 2 times for main's task hook"],
    ),
    (
        "notice of what nobody calls",
        HOOKED,
        |f| {
            let wrapped = &mut f.plan.hooks.as_mut().unwrap().wrapped;
            let mut other = wrapped[0].clone();
            other.core.export = "memory".into();
            wrapped.push(other);
        },
        &["`memory` of `main` is wrapped for main's task hook, but the canonical ABI never calls it"],
    ),
    (
        "another notice",
        HOOKED,
        |f| {
            let wrapped = &mut f.plan.hooks.as_mut().unwrap().wrapped;
            wrapped.iter_mut().find(|w| w.core.export == "run").unwrap().event = Event::Call;
        },
        &["for `run` of `main`, main's task hook is told 0 before and 1 after, instead of 0 before and nothing after"],
    ),
    (
        "a wrapper of another type",
        HOOKED,
        |f| {
            let wrapped = &mut f.plan.hooks.as_mut().unwrap().wrapped;
            let ty = wrapped.iter().find(|w| w.core.export == "wait").unwrap().ty.clone();
            wrapped.iter_mut().find(|w| w.core.export == "run").unwrap().ty = ty;
        },
        &[
            "`run` of `main` has another type than what is wrapped\n  expected: (func (result i32))\n  found:    (func (param i32))",
        ],
    ),
    (
        "a realloc that is wrapped too late",
        HOOKED,
        |f| {
            f.wire(0, "read").via = Via::Direct;
            f.plan.slots.retain(|slot| slot.name != "read");
            let Via::Slot(slot, _) = &mut f.wire(0, "get").via else { return };
            slot.0 -= 1;
        },
        &[
            "import `log` `read` of `main` is wired directly, but the memory of `main` does not exist yet",
            "import `log` `read` of `main` is wired directly, but the wrapper of the realloc for main's task hook does not exist yet",
        ],
    ),
    (
        "thread-local storage for another import",
        HOOKED,
        |f| f.wire(0, "now").source = f.wire(0, "__wasm_get_tls_base").source.clone(),
        &[
            "import `log` `now` of `main` is wired to the base of main's thread-local storage, which is not what its names mean",
        ],
    ),
    (
        "no thread-local storage",
        HOOKED,
        |f| f.plan.thread_local = None,
        &["the plan lacks the base of main's thread-local storage, which an import asks for"],
    ),
    (
        "thread-local storage for nobody",
        SHOP,
        |f| f.plan.thread_local = Some(wasmparser::ValType::I32),
        &["the plan keeps the base of main's thread-local storage, which nobody asks for"],
    ),
    (
        "reading instead of writing",
        HOOKED,
        |f| {
            let Source::ThreadLocal(_) = f.wire(0, "__wasm_set_tls_base").source else { return };
            f.wire(0, "__wasm_set_tls_base").source = f.wire(0, "__wasm_get_tls_base").source.clone();
        },
        &[
            "import `env` `__wasm_set_tls_base` of `main` is wired to the base of main's thread-local storage, which is not what its names mean",
        ],
    ),
];
