//! Copies standard input to standard output, and prints its length.

use std::io::{Read, Write, stdin, stdout};

fn main() {
    let mut bytes = Vec::new();
    let count = stdin().lock().read_to_end(&mut bytes).unwrap();
    stdout().write_all(&bytes).unwrap();
    stdout().flush().unwrap();
    // A read after the end returns the end again.
    let again = stdin().lock().read(&mut [0; 16]).unwrap();
    eprintln!("{count} bytes, then {again}");
}
