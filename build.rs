//! Compiles and encodes the guests and adapters of this repository for `tests/suite.rs`.

fn main() {
    polyfill_builder::Suite::new(".").build_script();
}
