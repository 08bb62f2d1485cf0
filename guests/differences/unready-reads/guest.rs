//! Reads a nonblocking file.
#![no_main]

#[path = "../../regressions/common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("file", 0, READ_WRITE, NONBLOCK);
    let mut room = [0; 16];
    say("fd_read first", &[read(file, &mut room)]);
    let [call, event] = wait_to_read(file);
    say("poll_oneoff", &[call.into(), event.into()]);
    say("fd_read again", &[read(file, &mut room)]);
    0
}
