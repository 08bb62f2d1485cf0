//! Raises a signal.
#![no_main]

#[path = "../../regressions/common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    report("proc_raise", unsafe { raw::proc_raise(6) });
    0
}
