//! Host interface `polyfill:interpose/calls`: receives reports and provides access to main's memory without a copy.

use wasmtime::component::{Linker, WasmList};
use wasmtime::{AsContext, Store, StoreContext, StoreContextMut, WasmBacktrace};

use super::{CoreBoundary, CoreCalls, INTERFACE, Value};
use crate::backtrace;
use crate::host::State;
use crate::observation::Outcome;
use crate::violation::StackUse;

/// Defines the interface, replacing an existing definition.
pub(crate) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    type Caller<'a> = StoreContextMut<'a, State>;
    let mut instance = linker.instance(INTERFACE)?;
    instance.func_wrap("memory", |store: Caller, (bytes,): (WasmList<u8>,)| {
        store.data().core_boundary().shown = Some(bytes);
        Ok(())
    })?;
    instance.func_wrap("stack-pointer", |store: Caller, (address,): (u32,)| {
        store.data().core_boundary().stack_pointer = Some(address);
        Ok(())
    })?;
    instance.func_wrap("before", |store: Caller, (module, function, values): (String, String, Vec<Value>)| {
        look(&store, |boundary, memory| {
            store.data().tape().begin_core(&module, &function, &values, memory);
            boundary.before(module, function, values, memory);
        });
        locate(&store);
        Ok(())
    })?;
    instance.func_wrap("after", |store: Caller, (_, _, values): (String, String, Vec<Value>)| {
        look(&store, |boundary, memory| {
            if let Some(open) = boundary.open.last() {
                store.data().tape().end_core(&open.module, &open.function, &open.arguments, &values, memory);
            }
            boundary.after(&values, memory);
        });
        locate(&store);
        Ok(())
    })?;
    instance.func_wrap("pattern", |store: Caller, (): ()| Ok((u32::from(store.data().core_boundary().pattern),)))?;
    instance.func_wrap("fill", |store: Caller, (): ()| Ok((look(&store, CoreBoundary::fill),)))?;
    instance.func_wrap("restore", |store: Caller, (errno,): (u32,)| {
        Ok((look(&store, |boundary, memory| boundary.restore(errno, memory)),))
    })?;
    instance.func_wrap("used", |store: Caller, (used, of): (u32, u32)| {
        store.data().core_boundary().used(StackUse { used, of });
        Ok(())
    })?;
    instance.func_wrap("writes", |store: Caller, (address, length): (u32, u32)| {
        let bytes = u64::from(address)..u64::from(address) + u64::from(length);
        if look(&store, |boundary, memory| boundary.happens(memory, Some(&bytes))) {
            let frames = backtrace::frames(&WasmBacktrace::force_capture(store.as_context()));
            store.data().core_boundary().writes(&bytes, &frames);
        }
        Ok(())
    })
}

/// Handles a call of a host function.
pub(crate) fn asked(store: &StoreContextMut<'_, State>) {
    if store.data().core_boundary().writers.is_some() {
        look(store, |boundary, memory| boundary.happens(memory, None));
    }
}

/// Handles the return of a host function. Its results are not in the component's memory yet.
pub(crate) fn answered(store: &StoreContextMut<'_, State>, function: &str) {
    if let Some(writers) = &mut store.data().core_boundary().writers {
        writers.answered(function);
    }
}

/// Ends the run, judges the calls that have not returned, and returns the reports.
pub(crate) fn finish(store: &Store<State>, outcome: &Outcome) -> CoreCalls {
    let growths = &store.data().pages.growths;
    look(store, |boundary, memory| {
        boundary.stopped(outcome);
        boundary.refused(outcome);
        boundary.end(growths, memory);
    });
    std::mem::take(&mut *store.data().core_boundary()).finish()
}

/// Runs `work` with main's memory as of the last report, borrowed from the store without a copy. The memory stays
/// accessible as long as the store exists, even after its instance has trapped.
fn look<'s, R>(store: impl Into<StoreContext<'s, State>>, work: impl FnOnce(&mut CoreBoundary, &[u8]) -> R) -> R {
    let store = store.into();
    let mut boundary = store.data().core_boundary();
    let shown = boundary.shown.take();
    let done = work(&mut boundary, shown.as_ref().map_or(&[], |list| list.as_le_slice(&store)));
    boundary.growths = store.data().pages.growths.len();
    boundary.shown = shown;
    done
}

/// Attaches the current backtrace to new violations.
pub(crate) fn locate(store: &StoreContextMut<'_, State>) {
    let mut boundary = store.data().core_boundary();
    if boundary.unlocated.is_empty() {
        return;
    }
    let frames = backtrace::frames(&WasmBacktrace::force_capture(store.as_context()));
    // Skip the interposer's own frames.
    let reports = |module: &Option<String>| module.as_ref().is_some_and(|name| name.starts_with("interposer of"));
    let first = frames.iter().position(|frame| !reports(&frame.module)).unwrap_or_default();
    boundary.located(&frames[first..]);
}
