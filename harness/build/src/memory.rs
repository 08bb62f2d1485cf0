//! Memory checks: what a component needs in it so that a runner can watch main's memory.
//!
//! An interposer reports each call of main's into its adapters, and main's memory before and after it. An adapter that
//! shares main's memory may write to its region, too: it takes that by `memory.grow`, so that its place is known, and
//! nothing of it is main's.

use polyfill_encoder::Adapter;

use crate::index::MemoryCheck;
use crate::stack::{Element, Stack};

/// The import modules whose functions have known results.
const CHECKED: [&str; 2] = ["wasi_unstable", "wasi_snapshot_preview1"];

/// What is put in front of a stack; not what is in it already.
pub(crate) fn interposers(stack: &Stack) -> Vec<Adapter<'static>> {
    let there = |module: &str| stack.elements().any(|element| element == Element::Interposer(module));
    CHECKED.into_iter().filter(|module| !there(module)).map(Adapter::interposer).collect()
}

/// Where adapters may write, for a main whose memory has that many bytes, and adapters that add as many, at instantiation
/// and at their first calls.
pub(crate) fn check(main: u64, [at_instantiation, at_first_calls]: &[Vec<u64>; 2]) -> MemoryCheck {
    let added: u64 = at_instantiation.iter().sum();
    MemoryCheck { region: [main, main + added], growth: at_first_calls.clone() }
}
