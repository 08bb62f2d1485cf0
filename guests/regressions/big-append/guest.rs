//! Writes more than 4096 bytes to an append-mode file with `fd_pwrite`.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("a", 0, READ_WRITE, APPEND);
    let bytes = [b'x'; 5000];
    let iovec = Iovec { buf: bytes.as_ptr().cast_mut(), len: bytes.len() };
    let mut written = 0;
    let errno = unsafe { raw::fd_pwrite(file, &iovec, 1, 0, &mut written) };
    say("fd_pwrite", &[errno.into(), (written > 0).into()]);
    0
}
