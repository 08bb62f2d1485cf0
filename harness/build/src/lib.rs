//! Compiles every guest and adapter of a suite folder, encodes each guest with each adapter stack that fits,
//! and writes an index of the outcome: for build scripts, and for tools that have no Rust project around them.
//!
//! A suite is a folder with `guests/`, and mostly `adapters/` and `wit/` beside it. A build script is one call, as this
//! repository's own is: `polyfill_build::Suite::new(".").build_script()`.
//!
//! The stages, each a module: `discover` (folders -> what there is), `compile` (sources -> core modules),
//! `cells` (cases x stacks x hosts), `components` (core modules -> components), `output` (components -> files).
//! A guest that cannot be read, compiled or encoded fails its own trials; only a suite that makes no sense as
//! a whole is a [`BuildError`].

pub mod case;
pub mod descriptor;
pub mod failing;
pub mod index;
pub mod matrix;

mod built;
mod cache;
mod cells;
mod compile;
mod components;
mod digest;
mod discover;
mod encode;
mod error;
mod features;
mod groups;
pub mod module;
mod near;
mod output;
pub mod profile;
mod provider;
pub mod sanitize;
#[cfg(feature = "schema")]
pub mod schema;
mod script;
mod select;
mod settings;
pub mod side;
mod stack;
mod suite;
pub mod system;
pub mod terminal;
mod traced;
pub mod tree;
mod universe;
mod wasi_test;
pub mod wit;

pub use built::{AdapterModule, Built, CoreModules, Done, Step, What};
pub use encode::provided;
pub use error::{BuildError, Problems};
pub use features::{Features, Gated};
pub use polyfill_encoder::fits;
pub use settings::Settings;
pub use stack::Element;
pub use suite::Suite;
pub use traced::traced;

/// The published reference adapters.
pub use polyfill_reference as reference;
