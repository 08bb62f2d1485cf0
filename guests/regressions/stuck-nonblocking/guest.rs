//! Reads a nonblocking file without polling.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("a", 0, READ_WRITE, NONBLOCK);
    let again = -i64::from(AGAIN);
    let mut errno = again;
    // 20,000 attempts, each with a clock read, take long enough.
    for _ in 0..20_000 {
        errno = read(file, &mut [0; 8]);
        if errno != again {
            break;
        }
        must("sched_yield", unsafe { raw::sched_yield() });
    }
    say("read", &[errno]);
    0
}
