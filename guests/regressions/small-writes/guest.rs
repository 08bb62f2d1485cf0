//! Writes and reads 1200 single bytes.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("a", CREAT, READ_WRITE, 0);
    for _ in 0..1200 {
        if write(file, b"x") != 1 {
            return 1;
        }
    }
    say("seek", &[seek(file, 0, SET)]);
    let mut count = 0;
    while read(file, &mut [0]) == 1 {
        count += 1;
    }
    say("read", &[count]);
    0
}
