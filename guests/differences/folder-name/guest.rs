//! Reads the preopen names of descriptors that are not preopened.
#![no_main]

#[path = "../../regressions/common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut room = [0; 16];
    let folder = open("folder", DIRECTORY, FOLDER, 0);
    let file = open("file", 0, READ_WRITE, 0);
    for (name, fd) in [("folder", folder), ("file", file), ("stdin", 0), ("nothing", 100)] {
        report_of("fd_prestat_get", name, unsafe { raw::fd_prestat_get(fd, &mut Prestat::default()) });
        report_of("fd_prestat_dir_name", name, unsafe { raw::fd_prestat_dir_name(fd, room.as_mut_ptr(), room.len()) });
    }
    0
}
