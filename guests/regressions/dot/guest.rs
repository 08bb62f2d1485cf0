//! Opens paths with `.` and `..` in the preopened directory.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    for path in [".", "./.", "folder/..", "folder/../folder/."] {
        report(path, open_at(ROOT, path, DIRECTORY, FOLDER, 0).err().unwrap_or(0));
    }
    for path in ["..", "folder/../..", "/", "/folder"] {
        say(path, &[open_at(ROOT, path, DIRECTORY, FOLDER, 0).is_ok().into()]);
    }
    let mut stat = Filestat::default();
    report("stat .", unsafe { raw::path_filestat_get(ROOT, 0, b".".as_ptr(), 1, &mut stat) });
    say("kind", &[stat.filetype.into()]);
    0
}
