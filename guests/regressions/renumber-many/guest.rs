//! Opens a file and renumbers it to the previous one, 1200 times.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let keep = open("a", 0, READ_WRITE, 0);
    for _ in 0..1200 {
        let next = open("a", 0, READ_WRITE, 0);
        must("fd_renumber", unsafe { raw::fd_renumber(next, keep) });
    }
    say("read", &[read(keep, &mut [0; 8])]);
    0
}
