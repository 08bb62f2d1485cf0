//! Compiles the guests and adapters of this repository, and encodes them, for `tests/suite.rs`.

fn main() {
    polyfill_build::Suite::new(".").build_script();
}
