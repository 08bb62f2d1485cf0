//! Extends and truncates a file, and reads after its end.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("a", 0, EVERYTHING, 0);
    report("longer", unsafe { raw::fd_filestat_set_size(file, 6) });
    say("seek", &[seek(file, 3, SET)]);
    let mut bytes = [b'?'; 8];
    say("read", &[read(file, &mut bytes)]);
    report("shorter", unsafe { raw::fd_filestat_set_size(file, 1) });
    say("behind the end", &[seek(file, 5, SET), read(file, &mut bytes)]);
    0
}
