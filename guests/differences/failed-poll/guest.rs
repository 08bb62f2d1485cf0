//! Polls a descriptor that is not open, and checks the event.
#![no_main]

#[path = "../../regressions/common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let clock = Subscription { userdata: 1, id: MONOTONIC, timeout: 1, ..Subscription::default() };
    let nothing = Subscription { userdata: 3, tag: 1, id: 100, ..Subscription::default() };
    let mut events = [Event { userdata: 55, ..Event::default() }; 2];
    let mut count = 77;
    report("poll_oneoff", unsafe { raw::poll_oneoff([clock, nothing].as_ptr(), events.as_mut_ptr(), 2, &mut count) });
    say("nevents", &[count as i64]);
    let [first, second] = events.map(|event| i64::from(event.userdata == 55));
    say("events untouched", &[first, second]);
    report("poll_oneoff none", unsafe { raw::poll_oneoff([clock].as_ptr(), events.as_mut_ptr(), 0, &mut count) });
    0
}
