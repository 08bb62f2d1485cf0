//! Closes a descriptor twice, and uses it.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("a", 0, READ_WRITE, 0);
    report("once", unsafe { raw::fd_close(file) });
    report("twice", unsafe { raw::fd_close(file) });
    say("read", &[read(file, &mut [0; 8])]);
    let other = open("a", 0, READ_WRITE, 0);
    say("other", &[read(other, &mut [0; 8])]);
    0
}
