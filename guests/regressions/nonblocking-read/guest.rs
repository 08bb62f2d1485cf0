//! Reads a file in nonblocking mode to its end, and polls if a read would block.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("data", 0, READ_WRITE, NONBLOCK);
    let mut content = [0; 64];
    let mut end = 0;
    loop {
        match read(file, content.get_mut(end..).unwrap_or_default()) {
            0 => break,
            errno if errno == -i64::from(AGAIN) => {
                let [call, event] = wait_to_read(file);
                must("poll_oneoff", call);
                must("event", event);
            }
            errno @ ..0 => must("fd_read", -errno as u16),
            read => end += read as usize,
        }
    }
    show("content", content.get(..end).unwrap_or_default());
    0
}
