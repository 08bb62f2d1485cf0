//! Reads a link of multibyte characters with buffers of all sizes.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    for size in 0..=5 {
        let mut text = [b'?'; 8];
        let mut used = 77;
        let errno = unsafe { raw::path_readlink(ROOT, b"link".as_ptr(), 4, text.as_mut_ptr(), size, &mut used) };
        say("size", &[size as i64, errno.into(), used as i64, (text.get(used) == Some(&b'?')).into()]);
    }
    0
}
