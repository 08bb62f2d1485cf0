//! Uses paths with a trailing slash.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let made = unsafe { raw::path_create_directory(ROOT, b"made/".as_ptr(), 5) };
    report("create folder/", made);
    report("open folder/", open_at(ROOT, "made/", DIRECTORY, FOLDER, 0).err().unwrap_or(0));
    say("open file/ refused", &[open_at(ROOT, "a/", 0, READ_WRITE, 0).is_err().into()]);
    say("unlink file/ refused", &[(unsafe { raw::path_unlink_file(ROOT, b"a/".as_ptr(), 2) } != SUCCESS).into()]);
    0
}
