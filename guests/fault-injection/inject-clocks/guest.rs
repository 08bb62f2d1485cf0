//! Reads the time and the resolution of clocks.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut log = Log::new();
    for id in [REALTIME, MONOTONIC] {
        let (mut time, mut fine) = (0, 0);
        log.say("clock_res_get", again(|| unsafe { raw::clock_res_get(id, &mut fine) }), &[i64::from(fine > 0)]);
        for _ in 0..2 {
            log.say("clock_time_get", again(|| unsafe { raw::clock_time_get(id, 1, &mut time) }), &[]);
        }
    }
    log.print();
    0
}
