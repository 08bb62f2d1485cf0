//! Appends to a file, and retries once if that fails.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("file", 0, READ_WRITE, APPEND);
    if write(file, b"two") < 0 {
        write(file, b"two");
    }
    0
}
