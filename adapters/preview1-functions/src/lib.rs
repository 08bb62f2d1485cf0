//! `wasi_snapshot_preview1` in terms of `my-wasi` and `my-cli`.
//!
//! All 46 functions are here, so that any preview1 guest links. Standard input, output and error, arguments,
//! environment, clocks, random bytes and exit do what they say; there are no files and no sockets, and functions on
//! them give the errno that a program expects where there are none.
//!
//! One module for each area; below them `stdio` with the three streams, and what all adapters of preview1 have in common
//! (`preview1-memory`). This is ordinary Rust with `std`, and a panic's message goes to standard error. The encoder
//! keeps of the code and its data only what a guest reaches: which host functions a component imports follows from
//! the calls written here.

pub mod args_env;
pub mod clock;
pub mod fd;
pub mod path;
pub mod poll;
pub mod proc;
pub mod random;
pub mod sock;
mod stdio;

use preview1_memory::{abi, memory, panics};

use abi::{Answer, Errno};

#[allow(missing_docs)]
mod bindings {
    wit_bindgen::generate!({ path: "../../wit/my-wasi", world: "reactor" });
}
use bindings::{my_cli, my_wasi};

/// Wraps the body of every exported function.
fn answer(work: impl FnOnce() -> Answer) -> Errno {
    tell_of_panics();
    work().err().unwrap_or(Errno::Success)
}

/// Installs a panic hook that writes the message to standard error before the trap.
fn tell_of_panics() {
    panics::tell(|text| {
        my_cli::print_error(text.as_bytes());
    });
}
