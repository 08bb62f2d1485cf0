//! Exits with the code in its argument; returns without one.

fn main() {
    print!("before the end");
    match std::env::args().nth(1) {
        // Also brings out what is still in the buffer.
        Some(code) => std::process::exit(code.parse().unwrap()),
        None => println!(", which is a return"),
    }
}
