//! Checks the addresses of its arguments, and that each is zero-terminated.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let (mut count, mut size) = (0, 0);
    must("args_sizes_get", unsafe { raw::args_sizes_get(&mut count, &mut size) });
    let mut arguments = vec![core::ptr::null_mut(); count];
    let mut bytes = vec![b'?'; size];
    must("args_get", unsafe { raw::args_get(arguments.as_mut_ptr(), bytes.as_mut_ptr()) });
    say("count", &[count as i64]);
    for argument in arguments.iter().skip(1) {
        let offset = *argument as usize - bytes.as_ptr() as usize;
        let rest = bytes.get(offset..).unwrap_or_default();
        let end = rest.iter().position(|byte| *byte == 0).unwrap_or(0);
        show("argument", rest.get(..end).unwrap_or_default());
    }
    0
}
