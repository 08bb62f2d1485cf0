//! Exits with the code in its argument; returns without one.

fn main() {
    print!("before the end");
    match std::env::args().nth(1) {
        // Flushes the buffer too.
        Some(code) => std::process::exit(code.parse().unwrap()),
        None => println!(", which is a return"),
    }
}
