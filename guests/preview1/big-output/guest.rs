//! Writes 1 MiB in small pieces, or with an argument in one piece.

use std::io::{Write, stdout};

const LINE: &[u8; 16] = b"0123456789abcde\n";

fn main() {
    let mut out = stdout().lock();
    if std::env::args().nth(1).as_deref() == Some("at-once") {
        out.write_all(&LINE.repeat(65536)).unwrap();
    } else {
        for _ in 0..65536 {
            out.write_all(LINE).unwrap();
        }
    }
}
