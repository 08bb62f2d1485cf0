//! Renumbers a descriptor to itself, and then opens files.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let first = open("a", 0, READ_WRITE, 0);
    report("fd_renumber", unsafe { raw::fd_renumber(first, first) });
    // The first file may get the number that was wrongly freed, which only the second one reveals.
    let others = [open("b", 0, READ_WRITE, 0), open("c", 0, READ_WRITE, 0), open("d", 0, READ_WRITE, 0)];
    for fd in [first].into_iter().chain(others) {
        let mut content = [0; 16];
        let end = read_all(fd, &mut content);
        show("content", content.get(..end).unwrap_or_default());
    }
    0
}
