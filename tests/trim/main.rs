//! Tests of the `trim` stage. It is private to the encoder crate, and therefore included by path.

#[path = "../../harness/encoder/src/trim/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the encoder uses items that are not tested here")]
mod trim;

#[path = "../../harness/encoder/src/names.rs"]
#[allow(dead_code, reason = "the stage uses only a few of the names")]
mod names;

#[path = "../../harness/encoder/src/near.rs"]
mod near_misses;
use near_misses::near;

// Compiles and caches single Rust files, shared with the encoder's tests.
#[path = "../../harness/encoder/tests/dwarf/rustc.rs"]
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
