//! Reduces rights.
#![no_main]

#[path = "../../regressions/common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("file", 0, READ_WRITE, 0);
    for (name, fd) in
        [("stdin", 0), ("stdout", 1), ("stderr", 2), ("preopened", ROOT), ("file", file), ("nothing", 100)]
    {
        report_of("fd_fdstat_set_rights", name, unsafe { raw::fd_fdstat_set_rights(fd, 0, 0) });
    }
    0
}
