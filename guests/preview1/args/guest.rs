//! Prints its arguments, one a line.

fn main() {
    // The first one is the program's name, which is up to the host.
    for (i, arg) in std::env::args_os().enumerate().skip(1) {
        println!("{i} [{}]", arg.display());
    }
}
