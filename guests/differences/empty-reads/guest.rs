//! Reads zero bytes.
#![no_main]

#[path = "../../regressions/common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("file", 0, READ_WRITE, 0);
    let (mut byte, mut count) = (0, 77);
    let iovec = Iovec { buf: &raw mut byte, len: 0 };
    for (name, fd) in [("file", file), ("stdin", 0)] {
        count = 77;
        report_of("fd_read", name, unsafe { raw::fd_read(fd, &iovec, 1, &mut count) });
        say_of("nread", name, &[count as i64]);
    }
    count = 77;
    report("fd_write stdout", unsafe { raw::fd_write(1, &iovec, 1, &mut count) });
    say("nwritten", &[count as i64]);
    0
}
