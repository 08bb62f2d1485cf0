//! Reads a file alternately at offsets and at its position.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("a", 0, READ_WRITE, 0);
    let mut bytes = [0; 2];
    for offset in [4, 0, 5] {
        let iovec = Iovec { buf: bytes.as_mut_ptr(), len: 2 };
        let mut count = 0;
        must("fd_pread", unsafe { raw::fd_pread(file, &iovec, 1, offset, &mut count) });
        show("pread", bytes.get(..count).unwrap_or_default());
        let count = read(file, &mut bytes) as usize;
        show("read", bytes.get(..count).unwrap_or_default());
        say("tell", &[position(file)]);
    }
    0
}
