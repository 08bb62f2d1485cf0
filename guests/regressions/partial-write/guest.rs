//! Writes more than a stream accepts in one call, on a host that accepts only the first piece. Returns the result as
//! exit code, because output fails then.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let bytes = [b'.'; 5000];
    let iovec = Iovec { buf: bytes.as_ptr().cast_mut(), len: bytes.len() };
    let mut written = 0;
    let errno = unsafe { raw::fd_write(1, &iovec, 1, &mut written) };
    let is_told = errno == SUCCESS && written > 0 && written < bytes.len();
    unsafe { raw::proc_exit(u32::from(!is_told)) }
}
