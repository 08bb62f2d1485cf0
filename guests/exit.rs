//! Ends with the exit code that it is told to end with; without one it just returns.

fn main() {
    print!("before the end");
    match std::env::args().nth(1) {
        Some(code) => std::process::exit(code.parse().unwrap()),
        None => println!(", which is a return"),
    }
    // Not reached with a code.
    println!("after it");
}
