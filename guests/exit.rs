//! Ends with the exit code that it is told to end with; without one it just returns.

fn main() {
    print!("before the end");
    match std::env::args().nth(1) {
        // Also brings out what is still in the buffer.
        Some(code) => std::process::exit(code.parse().unwrap()),
        None => println!(", which is a return"),
    }
}
