//! Writes into a file between reads of it.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("a", 0, READ_WRITE, 0);
    let mut bytes = [0; 2];
    say("read", &[read(file, &mut bytes)]);
    say("write", &[write(file, b"XY"), position(file)]);
    let end = read_all(file, &mut bytes);
    show("rest", bytes.get(..end).unwrap_or_default());
    0
}
