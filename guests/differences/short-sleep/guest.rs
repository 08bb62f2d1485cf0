//! Polls a clock, and prints all fields of the event.
#![no_main]

#[path = "../../regressions/common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    for (name, id, flags) in
        [("monotonic", MONOTONIC, 0), ("realtime", REALTIME, 0), ("monotonic absolute", MONOTONIC, 1)]
    {
        let subscription = Subscription { userdata: 7, id, timeout: 1000, flags, ..Subscription::default() };
        let mut event = Event { nbytes: 77, flags: 77, ..Event::default() };
        let mut count = 0;
        report_of("poll_oneoff", name, unsafe { raw::poll_oneoff(&subscription, &mut event, 1, &mut count) });
        say_of("event", name, &[event.userdata as i64, event.error.into(), event.kind.into()]);
        say_of("nbytes", name, &[event.nbytes as i64]);
    }
    0
}
