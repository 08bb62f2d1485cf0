//! Writes to both streams alternately.

fn main() {
    println!("to stdout");
    eprintln!("to stderr");
    print!("no line's end");
    eprint!("nor here");
}
