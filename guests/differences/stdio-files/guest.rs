//! Calls file functions on standard streams.
#![no_main]

#[path = "../../regressions/common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut byte = 0;
    let iovec = Iovec { buf: &raw mut byte, len: 1 };
    let mut count = 0;
    for (name, fd) in [("stdin", 0), ("stdout", 1), ("stderr", 2)] {
        report_of("fd_datasync", name, unsafe { raw::fd_datasync(fd) });
        report_of("fd_sync", name, unsafe { raw::fd_sync(fd) });
        report_of("fd_filestat_set_size", name, unsafe { raw::fd_filestat_set_size(fd, 0) });
        report_of("fd_filestat_set_times", name, unsafe { raw::fd_filestat_set_times(fd, 0, 0, 0) });
        report_of("fd_allocate", name, unsafe { raw::fd_allocate(fd, 0, 1) });
        report_of("fd_pread", name, unsafe { raw::fd_pread(fd, &iovec, 1, 0, &mut count) });
        report_of("fd_pwrite", name, unsafe { raw::fd_pwrite(fd, &iovec, 1, 0, &mut count) });
        let mut position = 0;
        report_of("fd_seek", name, unsafe { raw::fd_seek(fd, 0, SET, &mut position) });
        report_of("fd_tell", name, unsafe { raw::fd_tell(fd, &mut position) });
        report_of("fd_readdir", name, unsafe { raw::fd_readdir(fd, &raw mut byte, 1, 0, &mut count) });
        report_of("fd_fdstat_set_flags", name, unsafe { raw::fd_fdstat_set_flags(fd, 0) });
    }
    0
}
