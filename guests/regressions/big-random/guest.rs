//! Requests many random bytes in one call.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut bytes = vec![0_u8; 100_000];
    must("random_get", unsafe { raw::random_get(bytes.as_mut_ptr(), bytes.len()) });
    let zeros = bytes.iter().filter(|byte| **byte == 0).count();
    say("as many zeros as there may be", &[(250..550).contains(&zeros).into()]);
    0
}
