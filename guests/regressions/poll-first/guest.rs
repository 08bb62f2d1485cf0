//! Polls a descriptor that is not open, in its first call.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let subscription = Subscription { tag: 1, id: 100, ..Subscription::default() };
    let (mut event, mut count) = (Event::default(), 7);
    let errno = unsafe { raw::poll_oneoff(&subscription, &mut event, 1, &mut count) };
    report("poll_oneoff", errno);
    0
}
