//! Asks for the name under which standard input is preopened, which it is not.
#![no_main]

#[path = "common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {

    let mut name = [b'?'; 8];
    tell("fd_prestat_dir_name", unsafe { raw::fd_prestat_dir_name(0, name.as_mut_ptr(), name.len()) });
    show("name", &name);
    0
}
