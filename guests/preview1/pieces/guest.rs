//! Reads standard input as it arrives, and prints the length of each read.

use std::io::Read;

fn main() {
    let mut buffer = [0; 8];
    loop {
        let count = std::io::stdin().read(&mut buffer).expect("a stream");
        println!("{count}: {}", String::from_utf8_lossy(&buffer[..count]));
        if count == 0 {
            return;
        }
    }
}
