//! Memory checks: what a component needs in it so that a runner can watch main's memory.
//!
//! An interposer reports each call of main's into its adapters, and main's memory before and after it. An adapter that
//! shares main's memory may write to its region, too. Where that comes from `memory.grow`, its place is known
//! beforehand; where main's realloc gives it, that call is reported like the others.

use polyfill_encoder::{Adapter, Growth};

use crate::index::MemoryCheck;
use crate::stack::{Element, Stack};

/// The import modules whose functions have known results.
const CHECKED: [&str; 2] = ["wasi_unstable", "wasi_snapshot_preview1"];

/// What is put in front of a stack; not what is in it already.
pub(crate) fn interposers(stack: &Stack) -> Vec<Adapter<'static>> {
    let there = |module: &str| stack.elements().any(|element| element == Element::Interposer(module));
    let functions = CHECKED.into_iter().filter(|module| !there(module)).map(Adapter::interposer);
    functions.chain([Adapter::realloc_interposer()]).collect()
}

/// Where adapters may write, for a main whose memory has that many bytes when it is instantiated.
pub(crate) fn check(main: u64, growth: &Growth) -> MemoryCheck {
    let added: u64 = growth.at_instantiation.iter().sum();
    MemoryCheck {
        region: [main, main + added],
        growth: growth.while_main_allocates.clone(),
        shared: growth.shared,
        adapters_grow: false,
    }
}
