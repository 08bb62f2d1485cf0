//! Renumbers to a descriptor that is not open, and from one.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("a", 0, READ_WRITE, 0);
    report("to nothing", unsafe { raw::fd_renumber(file, 100) });
    report("from nothing", unsafe { raw::fd_renumber(100, file) });
    say("read", &[read(file, &mut [0; 8])]);
    0
}
