//! Sets the times of a directory by its path.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let errno =
        unsafe { raw::path_filestat_set_times(ROOT, 1, b"folder".as_ptr(), 6, 0, 981_173_106_000_000_000, 0b100) };
    report("path_filestat_set_times", errno);
    0
}
