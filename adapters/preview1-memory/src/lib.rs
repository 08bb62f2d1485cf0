//! What adapters of `wasi_snapshot_preview1` have in common, whatever they are made of: the numbers that preview1 lays
//! down, the way to main's bytes, lists of texts as programs ask for them, and the heap.

pub mod abi;
pub mod heap;
pub mod memory;
pub mod texts;
