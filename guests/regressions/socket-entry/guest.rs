//! Lists a directory, and queries the attributes of an entry.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut entries = [0; 4096];
    let mut used = 0;
    report("fd_readdir", unsafe { raw::fd_readdir(ROOT, entries.as_mut_ptr(), entries.len(), 0, &mut used) });
    let mut stat = Filestat::default();
    report("path_filestat_get", unsafe { raw::path_filestat_get(ROOT, 0, b"s".as_ptr(), 1, &mut stat) });
    let opened = open("s", 0, READ_WRITE, 0);
    let mut fdstat = Fdstat::default();
    report("fd_fdstat_get", unsafe { raw::fd_fdstat_get(opened, &mut fdstat) });
    0
}
