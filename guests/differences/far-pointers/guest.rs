//! Passes an out-of-bounds address to the function that its argument names.
#![no_main]

#[path = "../../regressions/common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let far = core::ptr::without_provenance_mut::<u8>(0xffff_0000);
    let mut count = 0;
    match argument(&mut [0; 64]) {
        b"iovecs" => report("fd_write iovecs", unsafe { raw::fd_write(1, far.cast(), 1, &mut count) }),
        b"buffer" => {
            let iovec = Iovec { buf: far, len: 8 };
            report("fd_write buffer", unsafe { raw::fd_write(1, &iovec, 1, &mut count) });
        }
        b"random" => report("random_get", unsafe { raw::random_get(far, 8) }),
        b"path" => {
            report("path_filestat_get", unsafe { raw::path_filestat_get(ROOT, 0, far, 4, &mut Filestat::default()) })
        }
        _ => report("clock_time_get", unsafe { raw::clock_time_get(MONOTONIC, 0, far.cast()) }),
    }
    0
}
