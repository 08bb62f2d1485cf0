//! Compiles and encodes the guests and adapters of this repository for `tests/suite/main.rs`.

fn main() {
    polyfill_builder::Suite::new(".").build_script();
}
