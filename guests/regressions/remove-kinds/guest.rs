//! Removes a folder as a file, a file as a folder, and a folder that is not empty.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    say("folder as file", &[(unsafe { raw::path_unlink_file(ROOT, b"full".as_ptr(), 4) } != SUCCESS).into()]);
    tell("file as folder", unsafe { raw::path_remove_directory(ROOT, b"a".as_ptr(), 1) });
    tell("full folder", unsafe { raw::path_remove_directory(ROOT, b"full".as_ptr(), 4) });
    tell("link", unsafe { raw::path_unlink_file(ROOT, b"link".as_ptr(), 4) });
    0
}
