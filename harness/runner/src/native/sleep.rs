//! `poll_oneoff` of wasmtime-wasi waits in real time. Here it waits in that of the run: where a guest does nothing but sleep,
//! the run's clock moves on, and the real function is asked about what is left to wait, which for the first alarm is nothing.
//!
//! A host function finds the memory to work in by the module that calls it. So there is one between the two.

use std::sync::{Mutex, PoisonError};

use wasmtime::{Caller, Extern, Func, Instance, Linker, Memory, Store, TypedFunc};

use super::IMPORT_MODULE;
use crate::engine::Engine;
use crate::host::State;

const FUNCTION: &str = "poll_oneoff";

/// Has the guest's memory, and passes calls on.
const BETWEEN: &str = r#"
(module $poll-oneoff
  (import "guest" "memory" (memory 0))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (export "memory" (memory 0))
  (func (export "poll_oneoff") (param i32 i32 i32 i32) (result i32)
    (call $poll (local.get 0) (local.get 1) (local.get 2) (local.get 3))))"#;

/// What preview1 says of subscriptions: their size, and where in them is what.
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

/// Puts the function in front of the real one.
pub(super) fn add_to_linker(
    engine: &Engine,
    linker: &mut Linker<State>,
    store: &mut Store<State>,
) -> wasmtime::Result<()> {
    let Ok(Extern::Func(real)) = linker.get(&mut *store, IMPORT_MODULE, FUNCTION) else {
        return Err(wasmtime::format_err!("there is no `{FUNCTION}`"));
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

/// If there is nothing to wait for but clocks, lets time pass until the first alarm, and makes each subscription one for what
/// is left. The subscriptions as they were.
fn pass_time(caller: &mut Caller<'_, State>, memory: Memory, input: u32, count: u32) -> Option<Vec<u8>> {
    let length = (count as usize).checked_mul(SIZE).filter(|length| *length > 0)?;
    let (data, state) = memory.data_and_store_mut(&mut *caller);
    let subscriptions = data.get_mut(input as usize..)?.get_mut(..length)?;
    // Reading the clock takes time, so it is read once for all.
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
            // The real function has the say.
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

/// Puts subscriptions back, but where events have been written over them.
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
