//! Reads and writes without buffers.
#![no_main]

#[path = "../../regressions/common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("file", 0, READ_WRITE, 0);
    let none = core::ptr::null();
    let mut count = 0;
    for (name, fd) in [("file", file), ("folder", ROOT), ("nothing", 100)] {
        report_of("fd_read", name, unsafe { raw::fd_read(fd, none, 0, &mut count) });
        report_of("fd_write", name, unsafe { raw::fd_write(fd, none, 0, &mut count) });
        report_of("fd_pread", name, unsafe { raw::fd_pread(fd, none, 0, 0, &mut count) });
        report_of("fd_pwrite", name, unsafe { raw::fd_pwrite(fd, none, 0, 0, &mut count) });
    }
    0
}
