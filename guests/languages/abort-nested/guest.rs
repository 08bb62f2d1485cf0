//! Aborts in a nested call.

fn main() {
    println!("going down");
    outer(std::env::args().count());
}

#[inline(never)]
fn outer(n: usize) {
    middle(n + 1);
    println!("not reached from {n}");
}

#[inline(never)]
fn middle(n: usize) {
    innermost(n + 1);
    println!("not reached from {n}");
}

#[inline(never)]
fn innermost(n: usize) {
    if n > 2 {
        std::process::abort();
    }
    println!("not reached with arguments");
}
