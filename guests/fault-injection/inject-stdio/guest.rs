//! Reads standard input, and writes to both outputs.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut log = Log::new();
    for fd in 0..3 {
        let mut stat = Fdstat::default();
        log.say("fd_fdstat_get", again(|| unsafe { raw::fd_fdstat_get(fd, &mut stat) }), &[]);
    }
    let mut bytes = [0; 8];
    for _ in 0..2 {
        let (errno, count) = read_full(0, &mut bytes);
        log.show("fd_read", errno, bytes.get(..count).unwrap_or_default());
    }
    let (errno, count) = read_full(0, &mut bytes);
    log.show("fd_read", errno, bytes.get(..count).unwrap_or_default());
    log.say("fd_write", write_all(1, b"to output\n"), &[]);
    log.say("fd_write", write_all(2, b"to error\n"), &[]);
    log.print();
    0
}
