//! Opens one file repeatedly.
#![no_main]

#[path = "../../regressions/common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    for number in 0..200 {
        if let Err(errno) = open_at(ROOT, "file", 0, FD_READ, 0) {
            say("opened", &[number]);
            report("path_open", errno);
            return 0;
        }
    }
    say("opened", &[200]);
    0
}
