//! Requests zero random bytes, at the end of an allocation and at null.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use core::ptr::null_mut;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    for buf in [null_mut(), 1 as *mut u8, 0x1_0001 as *mut u8] {
        report("random_get", unsafe { raw::random_get(buf, 0) });
    }
    0
}
