//! Calls socket functions.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut opened = 0;
    say("refused", &[(unsafe { raw::sock_accept(ROOT, 0, &mut opened) } != SUCCESS).into()]);
    say("refused", &[(unsafe { raw::sock_shutdown(ROOT, 1) } != SUCCESS).into()]);
    0
}
