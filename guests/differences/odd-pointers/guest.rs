//! Passes an unaligned address to the function that its argument names.
#![no_main]

#[path = "../../regressions/common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut memory = [0_u64; 16];
    let odd = memory.as_mut_ptr().cast::<u8>().wrapping_add(1);
    let iovec = Iovec { buf: odd, len: 0 };
    match argument(&mut [0; 64]) {
        b"time" => report("clock_time_get", unsafe { raw::clock_time_get(MONOTONIC, 0, odd.cast()) }),
        b"stat" => report("fd_fdstat_get", unsafe { raw::fd_fdstat_get(1, odd.cast()) }),
        b"count" => report("fd_write", unsafe { raw::fd_write(1, &iovec, 1, odd.cast()) }),
        _ => {
            let subscription = Subscription { id: MONOTONIC, timeout: 1, ..Subscription::default() };
            let mut count = 0;
            report("poll_oneoff", unsafe { raw::poll_oneoff(&subscription, odd.cast(), 1, &mut count) });
        }
    }
    0
}
