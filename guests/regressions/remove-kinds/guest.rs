//! Removes a directory with `path_unlink_file`, a file with `path_remove_directory`, and a nonempty directory.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    say("folder as file", &[(unsafe { raw::path_unlink_file(ROOT, b"full".as_ptr(), 4) } != SUCCESS).into()]);
    report("file as folder", unsafe { raw::path_remove_directory(ROOT, b"a".as_ptr(), 1) });
    report("full folder", unsafe { raw::path_remove_directory(ROOT, b"full".as_ptr(), 4) });
    report("link", unsafe { raw::path_unlink_file(ROOT, b"link".as_ptr(), 4) });
    0
}
