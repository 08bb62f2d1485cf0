//! Writes more than a stream accepts in one call, to both outputs, and from several buffers.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut log = Log::new();
    let mut bytes = [b'.'; 5000];
    if let Some(last) = bytes.last_mut() {
        *last = b'\n';
    }
    log.say("fd_write", write_all(1, &bytes), &[]);
    let buffers = [b"one " as &[u8], b"", b"two ", b"three\n"];
    log.say("fd_write", write_buffers(2, &buffers), &[]);
    log.say("fd_write", write_buffers(1, &buffers), &[]);
    log.print();
    0
}

/// Writes several buffers in one call, and the rest one by one.
fn write_buffers(fd: u32, buffers: &[&[u8]; 4]) -> u16 {
    let iovecs = buffers.map(|bytes| Iovec { buf: bytes.as_ptr().cast_mut(), len: bytes.len() });
    let mut written = 0;
    let errno = again(|| unsafe { raw::fd_write(fd, iovecs.as_ptr(), iovecs.len(), &mut written) });
    if errno != SUCCESS {
        return errno;
    }
    for bytes in buffers {
        let done = written.min(bytes.len());
        written -= done;
        let errno = write_all(fd, bytes.get(done..).unwrap_or_default());
        if errno != SUCCESS {
            return errno;
        }
    }
    SUCCESS
}
