//! Reads and writes a file at offsets.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut log = Log::new();
    let (errno, file) = open_again("file", 0, EVERYTHING, 0);
    log.say("path_open", errno, &[]);
    let mut bytes = [0; 4];
    for start in [4, 0] {
        let (errno, count) =
            fill(&mut bytes, |iovec, done, count| unsafe { raw::fd_pread(file, iovec, 1, start + done as u64, count) });
        log.show("fd_pread", errno, bytes.get(..count).unwrap_or_default());
    }
    let iovec = Iovec { buf: b"xyz".as_ptr().cast_mut(), len: 3 };
    for start in [1, 8] {
        let mut count = 0;
        let errno = again(|| unsafe { raw::fd_pwrite(file, &iovec, 1, start, &mut count) });
        log.say("fd_pwrite", errno, &[]);
        // Write the rest on its own.
        let rest = b"xyz".get(count..).unwrap_or_default();
        if !rest.is_empty() {
            let iovec = Iovec { buf: rest.as_ptr().cast_mut(), len: rest.len() };
            let start = start + count as u64;
            again(|| unsafe { raw::fd_pwrite(file, &iovec, 1, start, &mut count) });
        }
    }
    log.say("fd_close", again(|| unsafe { raw::fd_close(file) }), &[]);
    log.print();
    0
}
