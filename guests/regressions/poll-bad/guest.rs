//! Polls a clock, standard input, and a descriptor that is not open.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let clock = Subscription { userdata: 1, id: MONOTONIC, timeout: 1, ..Subscription::default() };
    let stdin = Subscription { userdata: 2, tag: 1, id: 0, ..Subscription::default() };
    let nothing = Subscription { userdata: 3, tag: 1, id: 100, ..Subscription::default() };
    let mut events = [Event::default(); 3];
    for _ in 0..1200 {
        let mut count = 0;
        let errno = unsafe { raw::poll_oneoff([clock, stdin, nothing].as_ptr(), events.as_mut_ptr(), 3, &mut count) };
        if errno != BADF {
            report("poll_oneoff", errno);
            say("events", &[count as i64]);
            return 0;
        }
    }
    say("refused", &[1200]);
    0
}
