//! Opens a file in a preopened directory whose type the host cannot report.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let failed = open_at(ROOT, "file", 0, READ_WRITE, 0).is_err();
    say("path_open failed", &[i64::from(failed)]);
    0
}
