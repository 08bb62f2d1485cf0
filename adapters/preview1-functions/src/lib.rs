//! `wasi_snapshot_preview1` in terms of `my-wasi` and `my-cli`.
//!
//! All 46 functions are here, so that any preview1 guest links. Standard input, output and error, arguments,
//! environment, clocks, random bytes and exit do what they say; there are no files and no sockets, and functions on
//! them give the errno that a program expects where there are none.
//!
//! One module for each area; below them `stdio` with the three streams, and:
//!
//! * `memory`: what a pointer from main is allowed to do; the only code that follows one
//! * `placement`: lists from the host that land in main's own buffer, without a copy
//! * `heap`: the memory behind everything else that the host gives back
//!
//! This is ordinary Rust. The encoder moves its static data to where there is room for it and keeps of the code
//! only what a guest reaches: which host functions a component imports follows from the calls written here.

pub mod abi;
pub mod args_env;
pub mod clock;
pub mod fd;
mod heap;
mod memory;
pub mod path;
mod placement;
pub mod poll;
pub mod proc;
pub mod random;
pub mod sock;
pub mod stdio;

#[allow(missing_docs)]
mod bindings {
    wit_bindgen::generate!({ path: "../../wit/my-wasi", world: "reactor" });
}
use bindings::{my_cli, my_wasi};
