//! Seeks relative to the end of a file.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("a", 0, READ_WRITE, 0);
    let mut byte = [b'?'];
    say("END 0", &[seek(file, 0, END), read(file, &mut byte)]);
    say("END -2", &[seek(file, -2, END), read(file, &mut byte)]);
    show("byte", &byte);
    say("END +2", &[seek(file, 2, END), write(file, b"x")]);
    0
}
