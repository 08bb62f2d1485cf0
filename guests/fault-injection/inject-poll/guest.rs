//! Polls a clock, a readable descriptor, and both.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut log = Log::new();
    let clock = Subscription { userdata: 1, id: MONOTONIC, timeout: 1_000_000, ..Subscription::default() };
    let input = Subscription { userdata: 2, tag: 1, id: 0, ..Subscription::default() };
    let mut events = [Event::default(); 2];
    let mut count = 0;
    for subscriptions in [&[clock][..], &[input], &[input, clock]] {
        let call = || unsafe {
            raw::poll_oneoff(subscriptions.as_ptr(), events.as_mut_ptr(), subscriptions.len(), &mut count)
        };
        log.say("poll_oneoff", again(call), &[]);
    }
    let mut bytes = [0; 5];
    let (errno, count) = read_full(0, &mut bytes);
    log.show("fd_read", errno, bytes.get(..count).unwrap_or_default());
    log.print();
    0
}
