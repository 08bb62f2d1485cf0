//! Seeks to positions before the start.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("a", 0, READ_WRITE, 0);
    say("CUR -1", &[seek(file, -1, CUR), position(file)]);
    say("SET -1", &[seek(file, -1, SET), position(file)]);
    say("END -4", &[seek(file, -4, END), position(file)]);
    say("SET 2", &[seek(file, 2, SET), position(file)]);
    say("CUR -3", &[seek(file, -3, CUR), position(file)]);
    0
}
