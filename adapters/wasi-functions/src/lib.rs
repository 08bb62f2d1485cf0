//! `wasi_snapshot_preview1` in terms of WASI 0.2: files, streams, clocks, random bytes, arguments and environment.
//!
//! All 46 functions are here. What the text of preview1 leaves open is as wasmtime's own preview1 has it.
//!
//! One module for each area of functions. Below them: `table` is which number leads to what is `open`; `file`, `folder` and
//! `stream` are what can be done with it; `error` is what becomes of the host's errors. No stream of a file is kept between
//! two calls: a file is read and written at a place, so that it has one position. The host is never asked for anything while
//! the table is held.

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
        // An address behind the end of memory is no error but the end, as in any other access.
        Err(Errno::Fault) => memory::out_of_bounds(),
        Err(errno) => errno,
    }
}

/// Installs a panic hook that writes the message to standard error before the trap.
fn tell_of_panics() {
    panics::tell(stream::print_error);
}

/// Maximum number of blocking attempts without a result before an error is returned.
const TRIES: usize = 16;

/// Checks that a flags value has no unknown bits.
fn known(flags: u32, all: u32) -> Answer {
    if flags & !all == 0 { Ok(()) } else { Err(Errno::Inval) }
}
