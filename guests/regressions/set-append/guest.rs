//! Sets `append` after opening a file.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("a", 0, READ_WRITE, 0);
    report("fd_fdstat_set_flags", unsafe { raw::fd_fdstat_set_flags(file, APPEND) });
    let mut stat = Fdstat::default();
    report("fd_fdstat_get", unsafe { raw::fd_fdstat_get(file, &mut stat) });
    say("flags", &[stat.flags.into()]);
    say("write", &[write(file, b"def")]);
    0
}
