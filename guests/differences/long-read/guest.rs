//! Reads a file to its end that is larger than one read.
#![no_main]

#[path = "../../regressions/common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut room = vec![0; 200_000];
    let file = open("file", 0, READ_WRITE, 0);
    say("fd_read all", &[read_all(file, &mut room) as i64]);
    say("sum", &[room.iter().map(|byte| i64::from(*byte)).sum()]);
    0
}
