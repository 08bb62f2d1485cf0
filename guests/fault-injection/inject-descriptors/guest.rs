//! Lists preopened directories, and opens, renumbers and closes descriptors.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut log = Log::new();
    let mut bytes = [0; 20];
    for fd in [3, 4, 5] {
        let mut stat = Prestat::default();
        let errno = again(|| unsafe { raw::fd_prestat_get(fd, &mut stat) });
        log.say("fd_prestat_get", errno, &[stat.name_len as i64]);
        if errno == SUCCESS && stat.name_len <= bytes.len() {
            let errno = again(|| unsafe { raw::fd_prestat_dir_name(fd, bytes.as_mut_ptr(), stat.name_len) });
            log.show("fd_prestat_dir_name", errno, bytes.get(..stat.name_len).unwrap_or_default());
        }
    }
    let (errno, file) = open_again("file", 0, EVERYTHING, 0);
    log.say("path_open", errno, &[]);
    let (errno, folder) = open_again("folder", DIRECTORY, FOLDER, 0);
    log.say("path_open", errno, &[]);
    let mut byte = [0];
    let (errno, count) = read_full(file, &mut byte);
    log.show("fd_read", errno, byte.get(..count).unwrap_or_default());
    log.say("fd_renumber", again(|| unsafe { raw::fd_renumber(file, folder) }), &[]);
    let (errno, count) = read_full(folder, &mut byte);
    log.show("fd_read", errno, byte.get(..count).unwrap_or_default());
    log.say("fd_close", again(|| unsafe { raw::fd_close(folder) }), &[]);
    let (errno, file) = open_again("file", 0, EVERYTHING, 0);
    log.say("path_open", errno, &[]);
    log.say("fd_close", again(|| unsafe { raw::fd_close(file) }), &[]);
    log.print();
    0
}
