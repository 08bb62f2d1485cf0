//! Descriptions of ABIs: import modules of core functions, as old interfaces such as `wasi_snapshot_preview1` define
//! them.
//!
//! A description is a file in [WITX](https://github.com/WebAssembly/WASI/blob/main/legacy/tools/witx-docs.md), which
//! gives functions, types and layouts, and an optional file of [hints] for what WITX cannot express: how much of
//! a buffer a call fills, which parameter is the length of another one, which handle a call closes. [`Abi::parse`] reads
//! both. The descriptions of preview1 and preview0 are part of this crate ([`standard()`]).

mod error;
pub mod hints;
mod model;
mod parse;
mod source;
mod standard;
mod types;

pub use error::{AbiError, Location};
pub use model::{Abi, Core, Count, Entries, Function, Known, Length, Module, Output, Parameter, Shape};
pub use source::Source;
pub use standard::{Descriptions, errno_name, errno_number, standard};
pub use types::{Case, Display, Field, Kind, Type};
