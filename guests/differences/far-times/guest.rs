//! Reads and sets times that do not fit in 64 bits of nanoseconds since 1970.
#![no_main]

#[path = "../../regressions/common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    for path in ["before", "present"] {
        let mut stat = Filestat::default();
        let errno = unsafe { raw::path_filestat_get(ROOT, 0, path.as_ptr(), path.len(), &mut stat) };
        say_of("path_filestat_get", path, &[errno.into(), (stat.mtim / 1_000_000_000) as i64]);
    }
    let errno = unsafe { raw::path_filestat_set_times(ROOT, 0, "present".as_ptr(), 7, 0, u64::MAX, 4) };
    report("path_filestat_set_times", errno);
    let mut stat = Filestat::default();
    must("path_filestat_get", unsafe { raw::path_filestat_get(ROOT, 0, "present".as_ptr(), 7, &mut stat) });
    say("latest", &[(stat.mtim / 1_000_000_000) as i64]);
    0
}
