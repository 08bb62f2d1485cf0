//! Reserves a descriptor without opening it, as a libc does for its own descriptors.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn adapter_open_badfd(fd: *mut u32) -> u16;
    fn adapter_close_badfd(fd: u32) -> u16;
}

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut reserved = 0;
    report("adapter_open_badfd", unsafe { adapter_open_badfd(&mut reserved) });
    let file = open("a", 0, READ_WRITE, 0);
    say("another number", &[(file != reserved).into()]);
    say("read", &[read(reserved, &mut [0; 8])]);
    say("write", &[write(reserved, b"x")]);
    report("fd_fdstat_get", unsafe { raw::fd_fdstat_get(reserved, &mut Fdstat::default()) });
    report("fd_close", unsafe { raw::fd_close(reserved) });
    report("path_open", open_at(reserved, "a", 0, READ_WRITE, 0).err().unwrap_or(0));
    report("adapter_close_badfd", unsafe { adapter_close_badfd(reserved) });
    say("file", &[read(file, &mut [0; 8])]);
    0
}
