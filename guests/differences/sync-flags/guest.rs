//! Sets the synchronization flags of a file.
#![no_main]

#[path = "../../regressions/common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("file", 0, READ_WRITE, 0);
    for (name, fd) in [("file", file), ("stdout", 1), ("folder", ROOT), ("nothing", 100)] {
        report_of("fd_fdstat_set_flags dsync", name, unsafe { raw::fd_fdstat_set_flags(fd, 2) });
        report_of("fd_fdstat_set_flags rsync", name, unsafe { raw::fd_fdstat_set_flags(fd, 8) });
        report_of("fd_fdstat_set_flags sync", name, unsafe { raw::fd_fdstat_set_flags(fd, 16) });
    }
    0
}
