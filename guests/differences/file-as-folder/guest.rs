//! Calls all path functions with a file as the directory.
#![no_main]

#[path = "../../regressions/common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("file", 0, READ_WRITE, 0);
    let (path, len) = ("name".as_ptr(), 4);
    let mut stat = Filestat::default();
    let (mut room, mut used, mut opened) = ([0; 16], 0, 0);
    report("path_create_directory", unsafe { raw::path_create_directory(file, path, len) });
    report("path_filestat_get", unsafe { raw::path_filestat_get(file, 0, path, len, &mut stat) });
    report("path_filestat_set_times", unsafe { raw::path_filestat_set_times(file, 0, path, len, 0, 0, 0) });
    report("path_link from", unsafe { raw::path_link(file, 0, path, len, ROOT, path, len) });
    report("path_link to", unsafe { raw::path_link(ROOT, 0, "file".as_ptr(), 4, file, path, len) });
    report("path_open", unsafe { raw::path_open(file, 0, path, len, 0, FD_READ, 0, 0, &mut opened) });
    report("path_readlink", unsafe { raw::path_readlink(file, path, len, room.as_mut_ptr(), room.len(), &mut used) });
    report("path_remove_directory", unsafe { raw::path_remove_directory(file, path, len) });
    report("path_rename from", unsafe { raw::path_rename(file, path, len, ROOT, path, len) });
    report("path_rename to", unsafe { raw::path_rename(ROOT, "file".as_ptr(), 4, file, path, len) });
    report("path_symlink", unsafe { raw::path_symlink("to".as_ptr(), 2, file, path, len) });
    report("path_unlink_file", unsafe { raw::path_unlink_file(file, path, len) });
    report("fd_readdir", unsafe { raw::fd_readdir(file, room.as_mut_ptr(), room.len(), 0, &mut used) });
    0
}
