//! Polls files, and prints all fields of the events.
#![no_main]

#[path = "../../regressions/common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("file", 0, READ_WRITE, 0);
    let empty = open("empty", 0, READ_WRITE, 0);
    for (name, fd, tag) in
        [("read", file, 1), ("read empty", empty, 1), ("write", file, 2), ("stdin", 0, 1), ("stdout", 1, 2)]
    {
        let subscription = Subscription { userdata: 7, tag, id: fd, ..Subscription::default() };
        let mut event = Event { nbytes: 77, flags: 77, ..Event::default() };
        let mut count = 0;
        report_of("poll_oneoff", name, unsafe { raw::poll_oneoff(&subscription, &mut event, 1, &mut count) });
        say_of("event", name, &[event.userdata as i64, event.error.into(), event.kind.into()]);
        say_of("nbytes", name, &[event.nbytes as i64]);
        say_of("flags", name, &[event.flags.into()]);
    }
    0
}
