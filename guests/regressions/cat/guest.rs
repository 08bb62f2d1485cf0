//! Copies standard input to its end.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut bytes = [0; 1000];
    loop {
        match read(0, &mut bytes) {
            0 => return 0,
            read @ 1.. => print(bytes.get(..read as usize).unwrap_or_default()),
            errno => must("fd_read", -errno as u16),
        }
    }
}
