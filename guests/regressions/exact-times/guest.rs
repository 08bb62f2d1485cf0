//! Sets the times of a file, and reads them.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("a", 0, READ_WRITE, 0);
    let (atim, mtim) = (1_000_000_007_000_000_000, 981_173_106_123_456_789);
    must("fd_filestat_set_times", unsafe { raw::fd_filestat_set_times(file, atim, mtim, 0b101) });
    let mut stat = Filestat::default();
    must("fd_filestat_get", unsafe { raw::fd_filestat_get(file, &mut stat) });
    say("times", &[stat.atim as i64, stat.mtim as i64]);
    must("path_filestat_set_times", unsafe { raw::path_filestat_set_times(ROOT, 1, b"a".as_ptr(), 1, 0, 5, 0b100) });
    must("path_filestat_get", unsafe { raw::path_filestat_get(ROOT, 1, b"a".as_ptr(), 1, &mut stat) });
    say("times", &[stat.atim as i64, stat.mtim as i64]);
    0
}
