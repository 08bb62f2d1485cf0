//! Sets an undefined bit in the parameter that its argument names.
#![no_main]

#[path = "../../regressions/common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let (path, len) = ("file".as_ptr(), 4);
    let (mut opened, mut stat) = (0, Filestat::default());
    let high = 1 << 15;
    match argument(&mut [0; 64]) {
        b"oflags" => {
            report("path_open oflags", unsafe { raw::path_open(ROOT, 0, path, len, high, FD_READ, 0, 0, &mut opened) })
        }
        b"fdflags" => {
            report("path_open fdflags", unsafe { raw::path_open(ROOT, 0, path, len, 0, FD_READ, 0, high, &mut opened) })
        }
        b"rights" => report("path_open rights", unsafe {
            raw::path_open(ROOT, 0, path, len, 0, FD_READ | 1 << 40, 0, 0, &mut opened)
        }),
        b"open-lookup" => report("path_open lookupflags", unsafe {
            raw::path_open(ROOT, 1 << 8, path, len, 0, FD_READ, 0, 0, &mut opened)
        }),
        b"stat-lookup" => {
            report("path_filestat_get lookupflags", unsafe { raw::path_filestat_get(ROOT, 1 << 8, path, len, &mut stat) })
        }
        b"set-flags" => {
            let file = open("file", 0, READ_WRITE, 0);
            report("fd_fdstat_set_flags", unsafe { raw::fd_fdstat_set_flags(file, high) });
        }
        _ => {
            let file = open("file", 0, READ_WRITE, 0);
            report("fd_filestat_set_times fstflags", unsafe { raw::fd_filestat_set_times(file, 0, 0, high) });
        }
    }
    0
}
