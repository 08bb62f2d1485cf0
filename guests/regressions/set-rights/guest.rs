//! Reduces the rights of open descriptors, and of one that is not open.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("a", 0, READ_WRITE, 0);
    report("file", unsafe { raw::fd_fdstat_set_rights(file, 0, 0) });
    report("folder", unsafe { raw::fd_fdstat_set_rights(ROOT, 0, 0) });
    report("not open", unsafe { raw::fd_fdstat_set_rights(100, 0, 0) });
    0
}
