//! Shared parts of adapters of `wasi_snapshot_preview1`: the numbers that preview1 lays
//! down, the way to main's bytes, lists of texts as programs ask for them, the heap, what becomes of panics, and sockets that are not
//! there.

pub mod abi;
pub mod heap;
pub mod memory;
pub mod panics;
mod sock;
pub mod texts;
