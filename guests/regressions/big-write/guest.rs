//! Writes a long file in pieces of many sizes, and reads it back.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    for piece in [1, 7, 4095, 4096, 4097, 70_000] {
        let file = open("a", CREAT | TRUNC, READ_WRITE, 0);
        let pattern: Vec<u8> = (0..piece).map(|at: usize| (at * 31 % 251) as u8).collect();
        let mut sum: u64 = 0;
        let mut length = 0;
        while length < if piece < 100 { 2000 } else { 200_000 } {
            let mut rest = &pattern[..];
            while !rest.is_empty() {
                let written = write(file, rest);
                if written <= 0 {
                    must("fd_write", -written as u16);
                }
                rest = rest.get(written as usize..).unwrap_or_default();
            }
            for byte in &pattern {
                sum = sum.wrapping_mul(31).wrapping_add(u64::from(*byte));
            }
            length += pattern.len();
        }
        seek(file, 0, SET);
        let mut content = vec![0; length + 1];
        let end = read_all(file, &mut content);
        let mut read: u64 = 0;
        for byte in content.get(..end).unwrap_or_default() {
            read = read.wrapping_mul(31).wrapping_add(u64::from(*byte));
        }
        say("piece", &[piece as i64, (end == length).into(), (read == sum).into()]);
        must("fd_close", unsafe { raw::fd_close(file) });
    }
    0
}
