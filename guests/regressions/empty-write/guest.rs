//! Writes zero bytes to a file that is open for reading.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("a", 0, FD_READ, 0);
    say("some refused", &[(write(file, b"x") < 0).into()]);
    say("none refused", &[(write(file, b"") < 0).into()]);
    0
}
