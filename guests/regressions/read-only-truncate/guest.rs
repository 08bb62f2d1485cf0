//! Opens a file with `trunc` in a read-only directory.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    for rights in [FD_READ, READ_WRITE] {
        let errno = open_at(ROOT, "a", TRUNC, rights, 0).err().unwrap_or(0);
        say("refused", &[(errno != SUCCESS).into()]);
    }
    say("created", &[open_at(ROOT, "b", CREAT, READ_WRITE, 0).is_ok().into()]);
    0
}
