//! Reads zero bytes from a file, and then its content.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("data", 0, READ_WRITE, 0);
    say("nothing", &[read(file, &mut [0; 8][..0])]);
    let mut content = [0; 16];
    let end = read_all(file, &mut content);
    show("content", content.get(..end).unwrap_or_default());
    0
}
