//! Clock functions: realtime and monotonic.

use crate::abi::{Answer, CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCKS_CPU, Errno};
use crate::memory::{self, Address};
use crate::{answer, my_cli};

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
        memory::write(resolution, &my_cli::clock_resolution().to_le_bytes())
    })
}

/// Returns true if the clock exists. CPU time clocks are not supported.
pub fn exists(id: u32) -> Answer {
    match id {
        CLOCK_REALTIME | CLOCK_MONOTONIC => Ok(()),
        _ if CLOCKS_CPU.contains(&id) => Err(Errno::Notsup),
        _ => Err(Errno::Inval),
    }
}

/// Returns the time of a clock in nanoseconds.
pub fn now(id: u32) -> Answer<u64> {
    exists(id)?;
    Ok(if id == CLOCK_REALTIME { my_cli::wall_clock() } else { my_cli::monotonic_clock() })
}
