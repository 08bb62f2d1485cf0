//! The `trim` stage by itself: it is no part of the crate's interface, so it is included by its path.

#[path = "../../harness/encoder/src/trim/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "the stage offers what the encoder asks for, and not all of it is tested here"
)]
mod trim;

#[path = "../../harness/encoder/src/names.rs"]
#[allow(dead_code, reason = "of the spellings, the stage uses a few")]
mod names;

// How one file is compiled, and kept, is the same there.
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
