//! Reads the environment, and prints the number of variables, the longest length, and if all are zero-terminated.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let (mut count, mut size) = (0, 0);
    must("environ_sizes_get", unsafe { raw::environ_sizes_get(&mut count, &mut size) });
    let mut variables: Vec<*mut u8> = vec![core::ptr::null_mut(); count + 1];
    let mut bytes: Vec<u8> = vec![b'?'; size + 1];
    must("environ_get", unsafe { raw::environ_get(variables.as_mut_ptr(), bytes.as_mut_ptr()) });
    let start = bytes.as_ptr() as usize;
    let mut longest = 0;
    let mut sum = 0;
    for variable in variables.iter().take(count) {
        let offset = *variable as usize - start;
        let rest = bytes.get(offset..).unwrap_or_default();
        let length = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
        longest = longest.max(length);
        sum += length + 1;
    }
    // The bytes after the buffer must not change.
    say("variables", &[count as i64, longest as i64, (sum <= size).into(), (bytes.last() == Some(&b'?')).into()]);
    0
}
