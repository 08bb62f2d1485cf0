//! Reads input in pieces, into several buffers, to its end and beyond.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut log = Log::new();
    let mut bytes = [0; 4];
    let (errno, count) = read_full(0, &mut bytes);
    log.show("fd_read", errno, bytes.get(..count).unwrap_or_default());
    // The first buffer is empty.
    let (errno, count) = fill(&mut bytes, |iovec, _, count| {
        let iovecs = [Iovec { buf: iovec.buf, len: 0 }, Iovec { buf: iovec.buf, len: iovec.len }];
        unsafe { raw::fd_read(0, iovecs.as_ptr(), iovecs.len(), count) }
    });
    log.show("fd_read", errno, bytes.get(..count).unwrap_or_default());
    let mut rest = [0; 100];
    for _ in 0..2 {
        let (errno, count) = read_full(0, &mut rest);
        log.show("fd_read", errno, rest.get(..count).unwrap_or_default());
    }
    log.print();
    0
}
