//! Uses a path that is not valid UTF-8.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut opened = 0;
    let path = [b'a', 0xff];
    let errno = unsafe { raw::path_open(ROOT, 0, path.as_ptr(), path.len(), 0, READ_WRITE, 0, 0, &mut opened) };
    report("path_open", errno);
    0
}
