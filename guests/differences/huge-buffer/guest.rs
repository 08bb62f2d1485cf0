//! Reads into a buffer of the maximum size.
#![no_main]

#[path = "../../regressions/common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut room: Vec<u8> = Vec::with_capacity(1 << 27);
    let file = open("file", 0, READ_WRITE, 0);
    let iovec = Iovec { buf: room.as_mut_ptr(), len: 1 << 27 };
    let mut count = 0;
    say("fd_read", &[unsafe { raw::fd_read(file, &iovec, 1, &mut count) }.into(), count as i64]);
    say("fd_pread", &[unsafe { raw::fd_pread(file, &iovec, 1, 0, &mut count) }.into(), count as i64]);
    report("random_get", unsafe { raw::random_get(room.as_mut_ptr(), 8) });
    0
}
