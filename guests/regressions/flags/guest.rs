//! Queries the flags of a file, and changes them.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("a", 0, READ_WRITE, NONBLOCK);
    let flags = || {
        let mut stat = Fdstat::default();
        must("fd_fdstat_get", unsafe { raw::fd_fdstat_get(file, &mut stat) });
        i64::from(stat.flags)
    };
    say("opened", &[flags()]);
    for wanted in [0, APPEND, APPEND | NONBLOCK, NONBLOCK] {
        let errno = unsafe { raw::fd_fdstat_set_flags(file, wanted) };
        say("set", &[wanted.into(), errno.into(), flags()]);
    }
    0
}
