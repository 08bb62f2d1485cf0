//! `wasi_snapshot_preview1` in terms of WASI 0.2: files, streams, clocks, random bytes, arguments and environment.
//!
//! Implements all 46 functions. Behavior that preview1 does not specify follows wasmtime's own preview1.
//!
//! Each area of functions has a module. They share the descriptor table (`table`) of `open` objects: `file`, `folder` and
//! `stream`. `error` converts the host's errors. No stream of a file is kept between
//! calls: files are read and written at an offset, so that they have one position. The table is never borrowed during a
//! host call.

pub mod args_env;
pub mod attributes;
pub mod clock;
mod error;
pub mod extensions;
pub mod fd;
mod file;
mod folder;
mod open;
pub mod path;
pub mod place;
pub mod poll;
pub mod preopen;
pub mod proc;
pub mod random;
pub mod readdir;
pub mod sock;
mod stat;
mod stream;
mod table;

use preview1_memory::{abi, memory, panics};

use abi::{Answer, Errno};

/// Wraps the body of every exported function.
fn answer(work: impl FnOnce() -> Answer) -> Errno {
    tell_of_panics();
    match work() {
        Ok(()) => Errno::Success,
        // An out-of-bounds address traps, like any other access.
        Err(Errno::Fault) => memory::out_of_bounds(),
        Err(errno) => errno,
    }
}

/// Installs a panic hook that writes the message to standard error before the trap.
fn tell_of_panics() {
    panics::report_to(stream::print_error);
}

/// Maximum number of blocking attempts without a result before an error is returned.
const TRIES: usize = 16;

/// Checks that a flags value has no unknown bits.
fn known(flags: u32, all: u32) -> Answer {
    if flags & !all == 0 { Ok(()) } else { Err(Errno::Inval) }
}
