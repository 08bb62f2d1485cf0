//! Mistakes in the notifications of main's task hook, and in main's thread-local storage.

use foldhash::HashMap;

use super::super::fixture::{HOOKED, SHOP};
use super::{MAIN, Mistake, core};
use crate::plan::{Event, Hooks, Via, WireSource};

pub(super) const MISTAKES: &[Mistake] = &[
    (
        "a hook that main does not export",
        SHOP,
        |f| f.plan.hooks = Some(Hooks { hook: core(MAIN, "wait"), wrapped: Vec::new(), places: HashMap::default() }),
        &["main's task hook is none, but the plan calls `wait` of `main`"],
    ),
    (
        "no hook",
        HOOKED,
        |f| f.plan.hooks = None,
        &["main's task hook is `__wasm_task_hook` of `main`, but the plan calls none"],
    ),
    (
        "a call without a notification",
        HOOKED,
        |f| f.plan.hooks.as_mut().unwrap().wrapped.retain(|w| w.core.export != "wait"),
        &["the canonical ABI calls `wait` of `main` without notifying main's task hook"],
    ),
    (
        "a call with two notifications",
        HOOKED,
        |f| {
            let wrapped = &mut f.plan.hooks.as_mut().unwrap().wrapped;
            wrapped.push(wrapped[0].clone());
        },
        &["`cabi_realloc` of `main` is wrapped 2 times for main's task hook"],
    ),
    (
        "a notification of a function that is never called",
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
        "a wrong notification",
        HOOKED,
        |f| {
            let wrapped = &mut f.plan.hooks.as_mut().unwrap().wrapped;
            wrapped.iter_mut().find(|w| w.core.export == "run").unwrap().event = Event::Call;
        },
        &["for `run` of `main`, main's task hook receives 0 before and 1 after, expected 0 before and nothing after"],
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
            "`run` of `main` has a different type than its wrapper\n  expected: (func (result i32))\n  found:    (func (param i32))",
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
            "import `log` `now` of `main` is wired to the base of main's thread-local storage, which does not match its names",
        ],
    ),
    (
        "no thread-local storage",
        HOOKED,
        |f| f.plan.thread_local = None,
        &["the plan lacks the base of main's thread-local storage, which an import requires"],
    ),
    (
        "thread-local storage without an import",
        SHOP,
        |f| f.plan.thread_local = Some(wasmparser::ValType::I32),
        &["the plan has the base of main's thread-local storage, which no import requires"],
    ),
    (
        "reading instead of writing",
        HOOKED,
        |f| {
            let WireSource::ThreadLocal(_) = f.wire(0, "__wasm_set_tls_base").source else { return };
            f.wire(0, "__wasm_set_tls_base").source = f.wire(0, "__wasm_get_tls_base").source.clone();
        },
        &[
            "import `env` `__wasm_set_tls_base` of `main` is wired to the base of main's thread-local storage, which does not match its names",
        ],
    ),
];
