//! Reads, writes and seeks in a directory.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    say("read", &[read(ROOT, &mut [0; 4])]);
    say("write", &[write(ROOT, b"x")]);
    say("seek", &[seek(ROOT, 0, SET)]);
    0
}
