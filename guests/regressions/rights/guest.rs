//! Queries the rights of a file and of a directory.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("a", 0, READ_WRITE, 0);
    for fd in [file, ROOT] {
        let mut stat = Fdstat::default();
        must("fd_fdstat_get", unsafe { raw::fd_fdstat_get(fd, &mut stat) });
        say("unknown rights", &[(stat.rights_base & !EVERYTHING != 0).into()]);
    }
    0
}
