//! Sets a time of a file both to the current and to a given time, in one call.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("a", 0, READ_WRITE, 0);
    for flags in [0b11, 0b1100] {
        report("fd_filestat_set_times", unsafe { raw::fd_filestat_set_times(file, 1, 1, flags) });
    }
    0
}
