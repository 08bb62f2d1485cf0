//! Allocates a buffer of the reported size of the arguments, and checks the bytes after it.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let (mut count, mut size) = (0, 0);
    must("args_sizes_get", unsafe { raw::args_sizes_get(&mut count, &mut size) });
    say("arguments, bytes", &[count as i64, size as i64]);
    let mut places = [core::ptr::null_mut(); 8];
    let mut bytes = [b'.'; 80];
    if count <= places.len() && size <= bytes.len() {
        unsafe { raw::args_get(places.as_mut_ptr(), bytes.as_mut_ptr()) };
        let written = bytes.iter().skip(size).filter(|byte| **byte != b'.').count();
        say("bytes written behind them", &[written as i64]);
    }
    0
}
