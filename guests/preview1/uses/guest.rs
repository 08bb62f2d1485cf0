//! Exceeds the limit that its argument names.

use std::hint::black_box;
use std::io::Write;

fn main() {
    let what = std::env::args().nth(1).unwrap_or_default();
    println!("begins");
    match what.as_str() {
        "time" => loop {
            black_box(());
        },
        "memory" => {
            let mut all = Vec::new();
            loop {
                all.push(black_box(vec![1u8; 1 << 16]));
            }
        }
        "output" => loop {
            std::io::stderr().write_all(&[b'x'; 1 << 12]).expect("a stream");
        },
        "files" => {
            let mut file = std::fs::File::create("/big").expect("a file");
            loop {
                file.write_all(&[b'x'; 1 << 12]).expect("room");
            }
        }
        "handles" => {
            let mut all = Vec::new();
            loop {
                all.push(std::fs::File::open("/small").expect("a file"));
            }
        }
        other => panic!("what is `{other}`?"),
    }
}
