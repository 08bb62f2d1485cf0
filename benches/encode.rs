//! How long encoding takes, as a ratio to the reference encoder in the same run.

fn main() {}
