//! Polls 64 subscriptions, of which every other one is ready.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut subscriptions = [Subscription::default(); 64];
    for (number, subscription) in subscriptions.iter_mut().enumerate() {
        let hour = 3600 * 1_000_000_000;
        let [tag, id] = if number % 2 == 0 { [1, 0] } else { [0, MONOTONIC] };
        *subscription =
            Subscription { userdata: number as u64, tag: tag as u8, id, timeout: hour, ..Subscription::default() };
    }
    let mut events = [Event { kind: 99, ..Event::default() }; 64];
    let mut count = 0;
    must("poll_oneoff", unsafe { raw::poll_oneoff(subscriptions.as_ptr(), events.as_mut_ptr(), 64, &mut count) });
    let right = events
        .iter()
        .take(count)
        .enumerate()
        .all(|(number, event)| event.userdata == 2 * number as u64 && event.error == SUCCESS && event.kind == 1);
    say("events", &[count as i64, right.into()]);
    0
}
