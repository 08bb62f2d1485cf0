//! Renumbers a file to standard output, and prints.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("out", CREAT, READ_WRITE, 0);
    print(b"to the screen\n");
    must("fd_renumber", unsafe { raw::fd_renumber(file, 1) });
    print(b"to the file\n");
    let mut errno = [0; 1];
    say("closed", &[read(file, &mut errno)]);
    0
}
