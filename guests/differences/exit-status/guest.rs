//! Exits with the code in its argument.
#![no_main]

#[path = "../../regressions/common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let code = argument(&mut [0; 32]).iter().fold(0, |code, digit| code * 10 + u32::from(digit - b'0'));
    unsafe { raw::proc_exit(code) }
}
