//! Opens, reads, writes and seeks in a file.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut log = Log::new();
    let (errno, file) = open_again("file", 0, EVERYTHING, 0);
    log.say("path_open", errno, &[]);
    let mut stat = Fdstat::default();
    log.say("fd_fdstat_get", again(|| unsafe { raw::fd_fdstat_get(file, &mut stat) }), &[i64::from(stat.filetype)]);
    let mut bytes = [0; 6];
    let (errno, count) = read_full(file, &mut bytes);
    log.show("fd_read", errno, bytes.get(..count).unwrap_or_default());
    let mut place = 0;
    log.say("fd_tell", again(|| unsafe { raw::fd_tell(file, &mut place) }), &[place as i64]);
    log.say("fd_seek", again(|| unsafe { raw::fd_seek(file, 2, SET, &mut place) }), &[place as i64]);
    log.say("fd_write", write_all(file, b"new"), &[]);
    log.say("fd_seek", again(|| unsafe { raw::fd_seek(file, -3, END, &mut place) }), &[place as i64]);
    let (errno, count) = read_full(file, &mut bytes);
    log.show("fd_read", errno, bytes.get(..count).unwrap_or_default());
    log.say("fd_advise", again(|| unsafe { raw::fd_advise(file, 0, 4, 1) }), &[]);
    log.say("fd_datasync", again(|| unsafe { raw::fd_datasync(file) }), &[]);
    log.say("fd_sync", again(|| unsafe { raw::fd_sync(file) }), &[]);
    log.say("fd_fdstat_set_flags", again(|| unsafe { raw::fd_fdstat_set_flags(file, APPEND) }), &[]);
    log.say("fd_write", write_all(file, b"end"), &[]);
    log.say("fd_close", again(|| unsafe { raw::fd_close(file) }), &[]);
    let (errno, made) = open_again("made", CREAT | EXCL, EVERYTHING, 0);
    log.say("path_open", errno, &[]);
    log.say("fd_write", write_all(made, b"first"), &[]);
    log.say("fd_close", again(|| unsafe { raw::fd_close(made) }), &[]);
    log.print();
    0
}
