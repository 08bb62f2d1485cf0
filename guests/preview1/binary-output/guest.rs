//! Writes every byte there is; most of it is no text.

use std::io::{Write, stdout};

fn main() {
    let bytes: Vec<u8> = (0..=255).collect();
    stdout().write_all(&bytes).unwrap();
}
