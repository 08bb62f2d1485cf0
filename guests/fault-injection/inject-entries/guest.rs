//! Lists a directory, completely and from the middle.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut log = Log::new();
    let (errno, folder) = open_again("folder", DIRECTORY, FOLDER, 0);
    log.say("path_open", errno, &[]);
    let mut bytes = [0; 400];
    for cookie in [0, 2] {
        let mut used = 0;
        let room = bytes.len();
        let call = || unsafe { raw::fd_readdir(folder, bytes.as_mut_ptr(), room, cookie, &mut used) };
        log.say("fd_readdir", again(call), &[used as i64]);
    }
    log.say("fd_close", again(|| unsafe { raw::fd_close(folder) }), &[]);
    log.print();
    0
}
