//! Queries the rights of all open descriptors.
#![no_main]

#[path = "../../regressions/common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let folder = open("folder", DIRECTORY, FOLDER, 0);
    let reading = open("file", 0, FD_READ, 0);
    let writing = open("file", 0, FD_WRITE, 0);
    let both = open("file", 0, READ_WRITE, 0);
    let all = [
        ("stdin", 0),
        ("stdout", 1),
        ("preopened", ROOT),
        ("folder", folder),
        ("read", reading),
        ("write", writing),
        ("both", both),
    ];
    for (name, fd) in all {
        let mut stat = Fdstat::default();
        must("fd_fdstat_get", unsafe { raw::fd_fdstat_get(fd, &mut stat) });
        say_of("fd_fdstat_get base", name, &[stat.rights_base as i64]);
        say_of("fd_fdstat_get inheriting", name, &[stat.rights_inheriting as i64]);
    }
    0
}
