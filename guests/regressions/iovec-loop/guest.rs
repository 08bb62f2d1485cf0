//! Writes three buffers in one call, between empty ones, until everything is written.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("a", CREAT, READ_WRITE, 0);
    let text = b"onetwothree";
    let mut start = 0;
    while start < text.len() {
        // Remove the written bytes from the buffers.
        let mut iovecs = [Iovec { buf: text.as_ptr().cast_mut(), len: 0 }; 5];
        for (iovec, [from, to]) in iovecs.iter_mut().skip(1).zip([[0, 3], [3, 6], [6, 11]]) {
            let from = start.clamp(from, to);
            iovec.buf = text.as_ptr().cast_mut().wrapping_add(from);
            iovec.len = to - from;
        }
        let mut written = 0;
        must("fd_write", unsafe { raw::fd_write(file, iovecs.as_ptr(), iovecs.len(), &mut written) });
        if written == 0 {
            return 1;
        }
        start += written;
    }
    seek(file, 0, SET);
    let mut content = [0; 16];
    let end = read_all(file, &mut content);
    show("content", content.get(..end).unwrap_or_default());
    0
}
