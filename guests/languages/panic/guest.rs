//! Panics with a message.

fn main() {
    println!("so far, so good");
    let numbers: Vec<u32> = Vec::new();
    let index = numbers.len() + 7;
    panic!("there is no number {index}");
}
