//! Appends, reads the position, and writes at another offset.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("a", 0, READ_WRITE, APPEND);
    say("tell", &[position(file)]);
    say("write", &[write(file, b"def")]);
    say("tell", &[position(file)]);
    let iovec = Iovec { buf: b"!".as_ptr().cast_mut(), len: 1 };
    let mut written = 0;
    report("fd_pwrite", unsafe { raw::fd_pwrite(file, &iovec, 1, 0, &mut written) });
    0
}
