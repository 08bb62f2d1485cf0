//! Writes, reads, and writes again.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("a", 0, READ_WRITE, 0);
    let mut bytes = [0; 2];
    say("write", &[write(file, b"UV"), position(file)]);
    say("read", &[read(file, &mut bytes), position(file)]);
    say("write", &[write(file, b"XY"), position(file)]);
    0
}
