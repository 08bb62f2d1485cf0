//! Writes a line without its end, and returns.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    print(b"without an end");
    unsafe { raw::proc_exit(0) }
}
