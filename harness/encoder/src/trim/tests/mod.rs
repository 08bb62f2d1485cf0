//! Tests of garbage collection. Most of them run the garbage-collected adapter.

// Compiles and caches single Rust files. The tests in `tests/dwarf` need it, too.
#[path = "../../../tests/dwarf/rustc.rs"]
mod rustc;

mod compiled;
mod exec;
mod forms;
mod isolated;
mod linked;
mod live;
mod region;
mod relocations;
mod robustness;
mod rules;
mod stack;
mod support;
mod watched;
