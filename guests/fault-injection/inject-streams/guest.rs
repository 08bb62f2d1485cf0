//! Renumbers a stream, closes streams, and uses the remaining ones.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut log = Log::new();
    log.say("fd_write", write_all(2, b"before\n"), &[]);
    log.say("fd_renumber", again(|| unsafe { raw::fd_renumber(2, 0) }), &[]);
    log.say("fd_write", write_all(0, b"behind\n"), &[]);
    let mut stat = Fdstat::default();
    log.say("fd_fdstat_get", again(|| unsafe { raw::fd_fdstat_get(2, &mut stat) }), &[]);
    log.say("fd_close", again(|| unsafe { raw::fd_close(0) }), &[]);
    log.say("fd_write", write_all(0, b"lost\n"), &[]);
    log.say("sched_yield", again(|| unsafe { raw::sched_yield() }), &[]);
    log.print();
    0
}
