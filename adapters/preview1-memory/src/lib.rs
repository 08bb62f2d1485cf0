//! Shared parts of adapters of `wasi_snapshot_preview1`: constants of preview1, access to main's memory, lists of
//! strings (arguments and environment), the heap, panic messages, and socket functions that fail because there are no
//! sockets.

pub mod abi;
pub mod heap;
pub mod memory;
pub mod panics;
mod sock;
pub mod texts;
