//! Calls `fd_seek` and `fd_tell` on a closed descriptor.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("a", 0, READ_WRITE, 0);
    must("fd_close", unsafe { raw::fd_close(file) });
    say("seek", &[seek(file, 0, SET)]);
    say("tell", &[position(file)]);
    0
}
