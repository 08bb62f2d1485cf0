//! Opens a file for writing, and queries its rights.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("a", 0, FD_WRITE, 0);
    let mut stat = Fdstat::default();
    report("fd_fdstat_get", unsafe { raw::fd_fdstat_get(file, &mut stat) });
    say("read, write", &[(stat.rights_base & FD_READ != 0).into(), (stat.rights_base & FD_WRITE != 0).into()]);
    0
}
