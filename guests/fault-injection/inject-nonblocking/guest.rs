//! Writes to a nonblocking file, in append mode and after a seek, and extends it.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut log = Log::new();
    let (errno, file) = open_again("file", 0, EVERYTHING, NONBLOCK);
    log.say("path_open", errno, &[]);
    let mut stat = Fdstat::default();
    let errno = again(|| unsafe { raw::fd_fdstat_get(file, &mut stat) });
    log.say("fd_fdstat_get", errno, &[i64::from(stat.flags)]);
    log.say("fd_write", write_all(file, b"new"), &[]);
    let mut place = 0;
    log.say("fd_seek", again(|| unsafe { raw::fd_seek(file, 0, END, &mut place) }), &[place as i64]);
    log.say("fd_write", write_all(file, b" four"), &[]);
    log.say("fd_fdstat_set_flags", again(|| unsafe { raw::fd_fdstat_set_flags(file, APPEND | NONBLOCK) }), &[]);
    log.say("fd_write", write_all(file, b" five"), &[]);
    log.say("fd_filestat_set_size", again(|| unsafe { raw::fd_filestat_set_size(file, 30) }), &[]);
    log.say("fd_close", again(|| unsafe { raw::fd_close(file) }), &[]);
    log.print();
    0
}
