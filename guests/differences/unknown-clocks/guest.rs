//! Reads invalid clocks.
#![no_main]

#[path = "../../regressions/common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    for id in 2..6 {
        let mut time = 0;
        say("clock_time_get", &[id.into(), unsafe { raw::clock_time_get(id, 0, &mut time) }.into()]);
        say("clock_res_get", &[id.into(), unsafe { raw::clock_res_get(id, &mut time) }.into()]);
    }
    0
}
