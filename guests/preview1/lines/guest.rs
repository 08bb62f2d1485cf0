//! Prints a line for each line of standard input, as it arrives.

use std::io::stdin;

fn main() {
    for (i, line) in stdin().lines().enumerate() {
        println!("{}: {}", i + 1, line.unwrap().to_uppercase());
    }
}
