//! Reads standard input to its end, writes it to standard output again, and tells how much it was.

use std::io::{Read, Write, stdin, stdout};

fn main() {
    let mut bytes = Vec::new();
    let count = stdin().lock().read_to_end(&mut bytes).unwrap();
    stdout().write_all(&bytes).unwrap();
    stdout().flush().unwrap();
    // The end stays the end.
    let again = stdin().lock().read(&mut [0; 16]).unwrap();
    eprintln!("{count} bytes, then {again}");
}
