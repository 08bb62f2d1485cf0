//! Writes repeatedly to a nonblocking file without free space.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("a", 0, READ_WRITE, NONBLOCK);
    say("at", &[seek(file, i64::MAX, SET)]);
    // The first writes may be accepted and fail later.
    let mut last = 0;
    for _ in 0..100 {
        last = write(file, b"x");
    }
    say("write", &[(last < 0).into()]);
    0
}
