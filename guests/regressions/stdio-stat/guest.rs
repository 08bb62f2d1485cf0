//! Queries the attributes of standard streams.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    for fd in 0..3 {
        let mut stat = Filestat { size: 7, ..Filestat::default() };
        let errno = unsafe { raw::fd_filestat_get(fd, &mut stat) };
        say("filestat", &[errno.into(), stat.filetype.into(), stat.size as i64]);
        let mut stat = Fdstat::default();
        let errno = unsafe { raw::fd_fdstat_get(fd, &mut stat) };
        say("fdstat", &[errno.into(), stat.filetype.into()]);
    }
    0
}
