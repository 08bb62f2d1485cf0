//! Seeks beyond the maximum position.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("a", 0, READ_WRITE, 0);
    say("END max", &[seek(file, i64::MAX, END), position(file)]);
    0
}
