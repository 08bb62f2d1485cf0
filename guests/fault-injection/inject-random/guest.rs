//! Requests few and many random bytes.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut log = Log::new();
    let mut bytes = [0; 300];
    for count in [16, 300] {
        let errno = again(|| unsafe { raw::random_get(bytes.as_mut_ptr(), count) });
        log.say("random_get", errno, &[count as i64]);
    }
    log.print();
    0
}
