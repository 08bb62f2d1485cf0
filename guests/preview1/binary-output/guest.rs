//! Writes all 256 byte values, which are not valid UTF-8.

use std::io::{Write, stdout};

fn main() {
    let bytes: Vec<u8> = (0..=255).collect();
    stdout().write_all(&bytes).unwrap();
}
