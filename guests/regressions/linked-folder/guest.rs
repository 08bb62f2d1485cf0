//! Lists a directory with links, including a link to itself and a dangling link.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut entries = [0; 4096];
    let mut used = 0;
    must("fd_readdir", unsafe { raw::fd_readdir(ROOT, entries.as_mut_ptr(), entries.len(), 0, &mut used) });
    let mut rest = entries.get(..used).unwrap_or_default();
    let mut kinds: Vec<(Vec<u8>, u8)> = Vec::new();
    while let (Some(head), Some(tail)) = (rest.get(..24), rest.get(24..)) {
        let length = head.iter().skip(16).take(4).rev().fold(0, |sum: usize, byte| sum << 8 | usize::from(*byte));
        kinds.push((tail.get(..length).unwrap_or_default().to_vec(), head.get(20).copied().unwrap_or_default()));
        rest = tail.get(length..).unwrap_or_default();
    }
    kinds.sort();
    for (name, kind) in kinds {
        print(&name);
        say("", &[kind.into()]);
    }
    say("loop refused", &[open_at(ROOT, "loop", 0, READ_WRITE, 0).is_err().into()]);
    report("nothing", open_at(ROOT, "nothing", 0, READ_WRITE, 0).err().unwrap_or(0));
    0
}
