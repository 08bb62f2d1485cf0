//! Waits for wall-clock deadlines in the past, present and future.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut now = 0;
    must("clock_time_get", unsafe { raw::clock_time_get(REALTIME, 0, &mut now) });
    for (timeout, flags) in [(0, 0), (1, 0), (0, 1), (now.saturating_sub(1_000_000), 1), (now, 1), (5_000_000, 0)] {
        let subscription = Subscription { userdata: 7, id: REALTIME, timeout, flags, ..Subscription::default() };
        let (mut event, mut count) = (Event::default(), 0);
        let errno = unsafe { raw::poll_oneoff(&subscription, &mut event, 1, &mut count) };
        say("poll", &[errno.into(), count as i64, event.userdata as i64, event.error.into(), event.kind.into()]);
    }
    0
}
