//! Polls a file, changes it, and reads it.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("a", 0, READ_WRITE, 0);
    let [call, event] = wait_to_read(file);
    say("poll", &[call.into(), event.into()]);
    let other = open("a", 0, READ_WRITE, 0);
    say("write", &[write(other, b"NEW")]);
    let mut content = [0; 8];
    let end = read_all(file, &mut content);
    show("content", content.get(..end).unwrap_or_default());
    0
}
