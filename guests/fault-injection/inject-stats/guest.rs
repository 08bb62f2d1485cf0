//! Reads and sets sizes and times of files.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut log = Log::new();
    let (errno, file) = open_again("file", 0, EVERYTHING, 0);
    log.say("path_open", errno, &[]);
    let mut stat = Filestat::default();
    log.say("fd_filestat_get", again(|| unsafe { raw::fd_filestat_get(file, &mut stat) }), &[stat.size as i64]);
    log.say("fd_filestat_set_size", again(|| unsafe { raw::fd_filestat_set_size(file, 4) }), &[]);
    let set_times = || unsafe { raw::fd_filestat_set_times(file, 1_000_000_000, 2_000_000_000, 5) };
    log.say("fd_filestat_set_times", again(set_times), &[]);
    let name = "file";
    for follow in [0, 1] {
        let call = || unsafe { raw::path_filestat_get(ROOT, follow, name.as_ptr(), name.len(), &mut stat) };
        log.say("path_filestat_get", again(call), &[stat.size as i64, stat.mtim as i64]);
    }
    let set_times =
        || unsafe { raw::path_filestat_set_times(ROOT, 0, name.as_ptr(), name.len(), 3_000_000_000, 4_000_000_000, 5) };
    log.say("path_filestat_set_times", again(set_times), &[]);
    log.say("fd_filestat_get", again(|| unsafe { raw::fd_filestat_get(file, &mut stat) }), &[stat.mtim as i64]);
    log.say("fd_close", again(|| unsafe { raw::fd_close(file) }), &[]);
    log.print();
    0
}
