//! Lists a directory with buffers of many sizes, and joins the pieces.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    // With an argument: sizes that are too small for an entry.
    let (mut count, mut size) = (0, 0);
    must("args_sizes_get", unsafe { raw::args_sizes_get(&mut count, &mut size) });
    let sizes: &[usize] = if count > 1 { &[24, 25, 26, 27] } else { &[64, 65, 66, 67, 68, 4096] };
    for size in sizes.iter().copied() {
        let mut names: Vec<Vec<u8>> = Vec::new();
        let mut cookie = 0;
        // Enlarge a buffer that is too small for an entry, as a libc does.
        let mut entries = vec![0; size];
        loop {
            let mut used = 0;
            must("fd_readdir", unsafe {
                raw::fd_readdir(ROOT, entries.as_mut_ptr(), entries.len(), cookie, &mut used)
            });
            let full = used == entries.len();
            let mut rest = entries.get(..used).unwrap_or_default();
            let before = names.len();
            while let (Some(head), Some(tail)) = (rest.get(..24), rest.get(24..)) {
                let number =
                    |at: usize| head.iter().skip(at).take(4).rev().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
                let length = number(16) as usize;
                let Some(name) = tail.get(..length) else { break };
                cookie = number(0) | number(4) << 32;
                names.push(name.to_vec());
                rest = tail.get(length..).unwrap_or_default();
            }
            if !full {
                break;
            }
            if names.len() == before {
                entries.resize(entries.len() * 2, 0);
            }
        }
        names.sort();
        say("size", &[size as i64]);
        for name in names {
            show(" ", &name);
        }
    }
    0
}
