//! Changes a directory while listing it.
#![no_main]

#[path = "../../regressions/common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let folder = open("folder", DIRECTORY, FOLDER, 0);
    let (mut room, mut used) = ([0_u8; 60], 0);
    // Two entries, `.` and `..`, and the start of another.
    must("fd_readdir", unsafe { raw::fd_readdir(folder, room.as_mut_ptr(), room.len(), 0, &mut used) });
    let cookie = room.get(25..33).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes);
    say("cookie", &[cookie as i64]);
    must("path_rename", unsafe { raw::path_rename(folder, "a".as_ptr(), 1, folder, "b".as_ptr(), 1) });
    must("fd_readdir", unsafe { raw::fd_readdir(folder, room.as_mut_ptr(), room.len(), cookie, &mut used) });
    show("fd_readdir", room.get(24..used).unwrap_or_default());
    0
}
