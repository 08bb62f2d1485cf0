//! Prints its arguments, one per line.

fn main() {
    // The first one is the program's name, which the host chooses.
    for (i, arg) in std::env::args_os().enumerate().skip(1) {
        println!("{i} [{}]", arg.display());
    }
}
