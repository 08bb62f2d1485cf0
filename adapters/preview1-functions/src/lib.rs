//! `wasi_snapshot_preview1` in terms of `my-wasi` and `my-cli`.
//!
//! Implements all 46 functions, so that any preview1 guest links. Standard input, output and error, arguments,
//! environment, clocks, random bytes and exit work. There are no files and no sockets: functions on them return the
//! errno that a program expects in that case.
//!
//! Each area has a module. They share `stdio` with the three streams, and the crate `preview1-memory`, which all
//! adapters of preview1 use. This is ordinary Rust with `std`; panic messages go to standard error. The encoder
//! garbage-collects code and data that a guest cannot reach, so a component imports only the host functions that its
//! guest needs.

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
    panics::report_to(|text| {
        my_cli::print_error(text.as_bytes());
    });
}
