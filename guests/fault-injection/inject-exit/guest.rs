//! Reads the clock, writes, and exits with a code.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut log = Log::new();
    let mut time = 0;
    log.say("clock_time_get", again(|| unsafe { raw::clock_time_get(MONOTONIC, 1, &mut time) }), &[]);
    log.say("fd_write", write_all(2, b"going\n"), &[]);
    log.print();
    unsafe { raw::proc_exit(1) }
}
