//! Reads the times of files in the distant past and in the future.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    for path in ["old", "new"] {
        let mut stat = Filestat::default();
        let errno = unsafe { raw::path_filestat_get(ROOT, 0, path.as_ptr(), path.len(), &mut stat) };
        say(path, &[errno.into(), (stat.mtim / 1_000_000_000) as i64]);
    }
    0
}
