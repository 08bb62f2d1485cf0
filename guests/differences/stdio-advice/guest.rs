//! Calls `fd_advise` on standard streams.
#![no_main]

#[path = "../../regressions/common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    for (name, fd) in [("stdin", 0), ("stdout", 1), ("stderr", 2)] {
        report_of("fd_advise", name, unsafe { raw::fd_advise(fd, 0, 0, 0) });
    }
    0
}
