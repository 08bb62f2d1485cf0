//! Polls with events that overlap the subscriptions.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let stdin = Subscription { userdata: 5, tag: 1, id: 0, ..Subscription::default() };
    let mut memory = [stdin, Subscription { userdata: 6, ..stdin }, Subscription { userdata: 7, ..stdin }];
    let mut count = 0;
    let place = memory.as_mut_ptr();
    must("poll_oneoff", unsafe { raw::poll_oneoff(place, place.cast(), 3, &mut count) });
    say("events", &[count as i64]);
    for number in 0..3 {
        let event = unsafe { *place.cast::<Event>().add(number) };
        say("event", &[event.userdata as i64, event.error.into(), event.kind.into()]);
    }
    0
}
