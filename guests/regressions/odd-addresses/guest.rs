//! Passes unaligned addresses.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut memory = [0_u8; 64];
    let place = memory.as_mut_ptr();
    let odd = |at: usize| place.wrapping_add(at | 1);
    report("clock_time_get", unsafe { raw::clock_time_get(MONOTONIC, 0, odd(0).cast()) });
    report("environ_sizes_get", unsafe { raw::environ_sizes_get(odd(16).cast(), odd(24).cast()) });
    report("fd_filestat_get", unsafe { raw::fd_filestat_get(1, odd(0).cast()) });
    0
}
