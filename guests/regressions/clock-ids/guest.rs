//! Reads all clocks, including invalid ones.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    for id in [REALTIME, MONOTONIC, 2, 3] {
        let mut time = 0;
        report("clock_time_get", unsafe { raw::clock_time_get(id, 0, &mut time) });
        report("clock_res_get", unsafe { raw::clock_res_get(id, &mut time) });
    }
    0
}
