//! Reads the name of a preopened directory with a buffer that is one byte too small.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut name = *b"????????";
    report("short", unsafe { raw::fd_prestat_dir_name(ROOT, name.as_mut_ptr(), 3) });
    show("name", &name);
    report("exact", unsafe { raw::fd_prestat_dir_name(ROOT, name.as_mut_ptr(), 4) });
    show("name", &name);
    0
}
