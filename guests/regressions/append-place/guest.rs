//! Writes to an append-mode file with `fd_pwrite`.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("a", 0, READ_WRITE, APPEND);
    let iovec = Iovec { buf: b"def".as_ptr().cast_mut(), len: 3 };
    let mut written = 0;
    report("fd_pwrite", unsafe { raw::fd_pwrite(file, &iovec, 1, 0, &mut written) });
    0
}
