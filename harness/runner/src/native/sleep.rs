//! Replaces `poll_oneoff` of wasmtime-wasi, which waits in real time. If a guest only sleeps, the virtual clock
//! advances, and the original function is called with the remaining times, which are 0 for the earliest timeout.
//!
//! Host functions use the memory of the calling module, so an intermediate module makes the call.

use std::sync::{Mutex, PoisonError};

use wasmtime::{Caller, Extern, Func, Instance, Linker, Memory, Store, TypedFunc};

use super::IMPORT_MODULE;
use crate::engine::Engine;
use crate::host::State;

const FUNCTION: &str = "poll_oneoff";

/// Intermediate module: imports the guest's memory and forwards calls.
const BETWEEN: &str = r#"
(module $poll-oneoff
  (import "guest" "memory" (memory 0))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (export "memory" (memory 0))
  (func (export "poll_oneoff") (param i32 i32 i32 i32) (result i32)
    (call $poll (local.get 0) (local.get 1) (local.get 2) (local.get 3))))"#;

/// Size and field offsets of preview1's `subscription`,
/// <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md>.
const SIZE: usize = 48;
const TAG: usize = 8;
const CLOCK_ID: usize = 16;
const TIMEOUT: usize = 24;
const FLAGS: usize = 40;
const CLOCK: u8 = 0;
const ABSOLUTE: u8 = 1;
const REALTIME: u32 = 0;
const MONOTONIC: u32 = 1;

type Poll = TypedFunc<(u32, u32, u32, u32), u32>;

/// Shadows the original function.
pub(super) fn add_to_linker(
    engine: &Engine,
    linker: &mut Linker<State>,
    store: &mut Store<State>,
) -> wasmtime::Result<()> {
    let Ok(Extern::Func(real)) = linker.get(&mut *store, IMPORT_MODULE, FUNCTION) else {
        return Err(wasmtime::format_err!("function `{FUNCTION}` not found"));
    };
    let between = wat::parse_str(BETWEEN).map_err(|error| wasmtime::format_err!("{error}"))?;
    let module = engine.module(&between).map_err(|error| wasmtime::format_err!("{error}"))?;
    let between: Mutex<Option<Poll>> = Mutex::new(None);
    linker.allow_shadowing(true);
    let poll = move |mut caller: Caller<'_, State>, input: u32, output: u32, count: u32, events: u32| {
        let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
            return Err(wasmtime::format_err!("the guest exports no memory"));
        };
        let mut between = between.lock().unwrap_or_else(PoisonError::into_inner);
        let between = match &mut *between {
            Some(between) => between.clone(),
            unset => unset.insert(set_between(&mut caller, &module, memory, real)?).clone(),
        };
        let kept = pass_time(&mut caller, memory, input, count);
        let errno = between.call(&mut caller, (input, output, count, events));
        if let Some(kept) = kept {
            restore(&mut caller, memory, input, output, &kept);
        }
        errno
    };
    linker.func_wrap(IMPORT_MODULE, FUNCTION, poll)?;
    Ok(())
}

fn set_between(
    caller: &mut Caller<'_, State>,
    module: &wasmtime::Module,
    memory: Memory,
    real: Func,
) -> wasmtime::Result<Poll> {
    let instance = Instance::new(&mut *caller, module, &[memory.into(), real.into()])?;
    instance.get_typed_func(&mut *caller, FUNCTION)
}

/// If all subscriptions are clocks, advances the clock to the first timeout, and replaces each timeout by the remaining
/// time. Returns the original subscriptions.
fn pass_time(caller: &mut Caller<'_, State>, memory: Memory, input: u32, count: u32) -> Option<Vec<u8>> {
    let length = (count as usize).checked_mul(SIZE).filter(|length| *length > 0)?;
    let (data, state) = memory.data_and_store_mut(&mut *caller);
    let subscriptions = data.get_mut(input as usize..)?.get_mut(..length)?;
    // Reading the clock advances it, so it is read once for all subscriptions.
    let mut now = None;
    let mut left = Vec::new();
    for subscription in subscriptions.chunks(SIZE) {
        let number = |at: usize| u64::from_le_bytes(subscription[at..at + 8].try_into().unwrap_or_default());
        let (id, timeout) = (number(CLOCK_ID) as u32, number(TIMEOUT));
        let absolute = subscription[FLAGS] & ABSOLUTE != 0;
        left.push(match (subscription[TAG], id, absolute) {
            (CLOCK, REALTIME | MONOTONIC, false) => timeout,
            (CLOCK, REALTIME, true) => timeout.saturating_sub(state.clock().wall()),
            (CLOCK, MONOTONIC, true) => timeout.saturating_sub(*now.get_or_insert_with(|| state.clock().monotonic())),
            // Leave the error to the original function.
            _ => return None,
        });
    }
    let first = left.iter().copied().min()?;
    state.clock().sleep(first);
    let kept = subscriptions.to_vec();
    for (subscription, left) in subscriptions.chunks_mut(SIZE).zip(left) {
        subscription[TIMEOUT..TIMEOUT + 8].copy_from_slice(&(left - first).to_le_bytes());
        subscription[FLAGS] &= !ABSOLUTE;
    }
    Some(kept)
}

/// Restores subscriptions that were not overwritten by events.
fn restore(caller: &mut Caller<'_, State>, memory: Memory, input: u32, output: u32, kept: &[u8]) {
    const EVENT: usize = 32;
    let written = output as usize..output as usize + kept.len() / SIZE * EVENT;
    let data = memory.data_mut(caller);
    for (at, byte) in (input as usize..).zip(kept) {
        if !written.contains(&at) {
            data[at] = *byte;
        }
    }
}
