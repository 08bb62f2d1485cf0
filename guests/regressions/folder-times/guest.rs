//! Sets the times of an open directory.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let folder = open("folder", DIRECTORY, FOLDER, 0);
    report("fd_filestat_set_times", unsafe { raw::fd_filestat_set_times(folder, 0, 981_173_106_000_000_000, 0b100) });
    0
}
