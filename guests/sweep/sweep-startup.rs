//! Asks for what a program is started with: arguments, environment.
#![no_main]

#[path = "common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut log = Log::new();
    let (mut count, mut size) = (0, 0);
    let errno = again(|| unsafe { raw::args_sizes_get(&mut count, &mut size) });
    log.say("args_sizes_get", errno, &[count as i64, size as i64]);
    let mut places = [core::ptr::null_mut(); 8];
    let mut bytes = [0; 200];
    if count <= places.len() && size <= bytes.len() {
        let errno = again(|| unsafe { raw::args_get(places.as_mut_ptr(), bytes.as_mut_ptr()) });
        log.show("args_get", errno, bytes.split(|byte| *byte == 0).nth(1).unwrap_or_default());
    }
    let errno = again(|| unsafe { raw::environ_sizes_get(&mut count, &mut size) });
    log.say("environ_sizes_get", errno, &[count as i64, size as i64]);
    if count <= places.len() && size <= bytes.len() {
        let errno = again(|| unsafe { raw::environ_get(places.as_mut_ptr(), bytes.as_mut_ptr()) });
        log.show("environ_get", errno, bytes.split(|byte| *byte == 0).next().unwrap_or_default());
    }
    log.print();
    0
}
