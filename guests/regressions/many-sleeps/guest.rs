//! Sleeps 1200 times.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    for _ in 0..1200 {
        let subscription = Subscription { id: MONOTONIC, timeout: 1, ..Subscription::default() };
        let (mut event, mut count) = (Event::default(), 0);
        must("poll_oneoff", unsafe { raw::poll_oneoff(&subscription, &mut event, 1, &mut count) });
    }
    say("slept", &[1200]);
    0
}
