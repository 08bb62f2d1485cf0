//! Sleeps a second by the monotonic clock, relative and absolute, and measures the duration.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    for absolute in [0, 1] {
        let (mut before, mut after) = (0, 0);
        must("clock_time_get", unsafe { raw::clock_time_get(MONOTONIC, 0, &mut before) });
        let timeout = 1_000_000_000 + if absolute == 1 { before } else { 0 };
        let subscription = Subscription { id: MONOTONIC, timeout, flags: absolute, ..Subscription::default() };
        let (mut event, mut count) = (Event::default(), 0);
        must("poll_oneoff", unsafe { raw::poll_oneoff(&subscription, &mut event, 1, &mut count) });
        must("clock_time_get", unsafe { raw::clock_time_get(MONOTONIC, 0, &mut after) });
        say("slept", &[(after - before) as i64 / 100_000_000]);
    }
    0
}
