//! The host interface `polyfill:interpose/calls`: what comes in, with main's memory where it lies.

use wasmtime::component::{Linker, WasmList};
use wasmtime::{AsContext, Store, StoreContext, StoreContextMut, WasmBacktrace};

use super::{CoreBoundary, INTERFACE, Seen, Value};
use crate::backtrace;
use crate::host::State;
use crate::observation::Outcome;
use crate::violation::StackUse;

/// Defines the interface, in place of what is there under its name.
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

/// A function of the host is called.
pub(crate) fn asked(store: &StoreContextMut<'_, State>) {
    if store.data().core_boundary().writers.is_some() {
        look(store, |boundary, memory| boundary.happens(memory, None));
    }
}

/// It returns; what it gives is not in the component's memory yet.
pub(crate) fn answered(store: &StoreContextMut<'_, State>, function: &str) {
    if let Some(writers) = &mut store.data().core_boundary().writers {
        writers.answered(function);
    }
}

/// The run is over: calls that have not returned never will. What was reported in it.
pub(crate) fn finish(store: &Store<State>, outcome: &Outcome) -> Seen {
    let growths = &store.data().pages.growths;
    look(store, |boundary, memory| {
        boundary.stopped(outcome);
        boundary.refused(outcome);
        boundary.end(growths, memory);
    });
    std::mem::take(&mut *store.data().core_boundary()).seen()
}

/// Main's memory is read where it lies: nothing of it is copied that nobody compares. Its size is that of the last
/// report; it is there as long as the store is, even when its instance has trapped.
fn look<'s, R>(store: impl Into<StoreContext<'s, State>>, work: impl FnOnce(&mut CoreBoundary, &[u8]) -> R) -> R {
    let store = store.into();
    let mut boundary = store.data().core_boundary();
    let shown = boundary.shown.take();
    let done = work(&mut boundary, shown.as_ref().map_or(&[], |list| list.as_le_slice(&store)));
    boundary.growths = store.data().pages.growths.len();
    boundary.shown = shown;
    done
}

/// What was seen as it happened gets the frames of where that is.
pub(crate) fn locate(store: &StoreContextMut<'_, State>) {
    let mut boundary = store.data().core_boundary();
    if boundary.unlocated.is_empty() {
        return;
    }
    let frames = backtrace::frames(&WasmBacktrace::force_capture(store.as_context()));
    // The interposer's own is no news.
    let reports = |module: &Option<String>| module.as_ref().is_some_and(|name| name.starts_with("interposer of"));
    let first = frames.iter().position(|frame| !reports(&frame.module)).unwrap_or_default();
    boundary.located(&frames[first..]);
}
