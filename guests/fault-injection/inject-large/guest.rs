//! Requests more random bytes than one host call returns, and a single one; and writes without buffers.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut log = Log::new();
    let mut bytes = [0; 5000];
    for count in [5000, 1] {
        let errno = again(|| unsafe { raw::random_get(bytes.as_mut_ptr(), count) });
        log.say("random_get", errno, &[count as i64]);
    }
    let mut written = 9;
    log.say("fd_write", again(|| unsafe { raw::fd_write(1, [].as_ptr(), 0, &mut written) }), &[written as i64]);
    log.print();
    0
}
