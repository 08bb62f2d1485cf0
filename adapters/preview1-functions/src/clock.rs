//! The two clocks that the host has.

use crate::abi::{CLOCK_MONOTONIC, CLOCK_PROCESS, CLOCK_REALTIME, CLOCK_THREAD, Errno};
use crate::memory::Out;
use crate::my_cli;

/// The time on a clock. Precision is for the host to choose.
#[unsafe(no_mangle)]
pub extern "C" fn clock_time_get(id: u32, _precision: u64, time: Out<u64>) -> Errno {
    match now(id) {
        Ok(now) => {
            time.set(now);
            Errno::Success
        }
        Err(errno) => errno,
    }
}

/// The resolution of a clock.
#[unsafe(no_mangle)]
pub extern "C" fn clock_res_get(id: u32, resolution: Out<u64>) -> Errno {
    match exists(id) {
        Ok(()) => {
            resolution.set(my_cli::clock_resolution());
            Errno::Success
        }
        Err(errno) => errno,
    }
}

/// Whether there is such a clock.
pub fn exists(id: u32) -> Result<(), Errno> {
    match id {
        CLOCK_REALTIME | CLOCK_MONOTONIC => Ok(()),
        _ => Err(unknown(id)),
    }
}

/// The time on a clock.
pub fn now(id: u32) -> Result<u64, Errno> {
    match id {
        CLOCK_REALTIME => Ok(my_cli::wall_clock()),
        CLOCK_MONOTONIC => Ok(my_cli::monotonic_clock()),
        _ => Err(unknown(id)),
    }
}

/// Nobody measures the processor's time here; other clocks do not exist.
fn unknown(id: u32) -> Errno {
    if matches!(id, CLOCK_PROCESS | CLOCK_THREAD) { Errno::Notsup } else { Errno::Inval }
}
