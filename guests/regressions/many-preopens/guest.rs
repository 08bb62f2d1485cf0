//! Counts the preopened directories, and opens a file in the last one.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut last = ROOT;
    while unsafe { raw::fd_prestat_get(last, &mut Prestat::default()) } == SUCCESS {
        last += 1;
    }
    say("preopened", &[i64::from(last - ROOT)]);
    report("path_open", open_at(last - 1, "a", 0, READ_WRITE, 0).err().unwrap_or(0));
    0
}
