//! Prints, and then returns, exits or traps, depending on its argument.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let (mut count, mut size) = (0, 0);
    must("args_sizes_get", unsafe { raw::args_sizes_get(&mut count, &mut size) });
    print(b"printed");
    match count {
        1 => 0,
        2 => unsafe { raw::proc_exit(0) },
        _ => core::arch::wasm32::unreachable(),
    }
}
