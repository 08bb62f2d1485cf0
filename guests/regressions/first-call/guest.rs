//! Opens a file in its first call.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    report("path_open", open_at(ROOT, "a", 0, READ_WRITE, 0).err().unwrap_or(0));
    0
}
