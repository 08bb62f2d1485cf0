//! Clock functions: realtime and monotonic.

use std::cell::Cell;

use wasip2::clocks::{monotonic_clock, wall_clock};

use crate::abi::{Answer, CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCKS_CPU, Errno};
use crate::memory::{self, Address};
use crate::{answer, stat};

thread_local! {
    /// Times of both clocks when they were frozen.
    static HELD: Cell<Option<[Answer<u64>; 2]>> = const { Cell::new(None) };
}

/// Writes the time of a clock. The precision is ignored.
#[unsafe(no_mangle)]
pub extern "C" fn clock_time_get(id: u32, _precision: u64, time: Address) -> Errno {
    answer(|| memory::write(time, &now(id)?.to_le_bytes()))
}

/// Writes the resolution of a clock.
#[unsafe(no_mangle)]
pub extern "C" fn clock_res_get(id: u32, resolution: Address) -> Errno {
    answer(|| {
        exists(id)?;
        let found = match id {
            CLOCK_REALTIME => stat::nanoseconds(wall_clock::resolution())?,
            _ => monotonic_clock::resolution(),
        };
        memory::write(resolution, &found.to_le_bytes())
    })
}

/// Returns true if the clock exists. CPU time clocks are not supported.
fn exists(id: u32) -> Answer {
    match id {
        CLOCK_REALTIME | CLOCK_MONOTONIC => Ok(()),
        _ if CLOCKS_CPU.contains(&id) => Err(Errno::Badf),
        _ => Err(Errno::Inval),
    }
}

/// Returns the time of a clock in nanoseconds.
pub fn now(id: u32) -> Answer<u64> {
    exists(id)?;
    if let Some(times) = HELD.get() {
        return times[id as usize];
    }
    if id == CLOCK_REALTIME { stat::nanoseconds(wall_clock::now()) } else { Ok(monotonic_clock::now()) }
}

/// Freezes or unfreezes both clocks. While they are frozen, main can read the time where host calls are not possible, as
/// in main's realloc while the host lowers a value.
#[unsafe(no_mangle)]
pub extern "C" fn adapter_monotonic_clock_set_paused(paused: u32) {
    HELD.set(None);
    if paused != 0 {
        HELD.set(Some([now(CLOCK_REALTIME), now(CLOCK_MONOTONIC)]));
    }
}
