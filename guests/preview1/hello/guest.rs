//! The first program.

fn main() {
    println!("hello, world");
}
