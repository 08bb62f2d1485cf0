//! Compiles all guests and adapters of a suite, encodes each guest with each adapter chain that fits, and writes
//! an index of the results. Used by build scripts, and by tools that run without a Rust project.
//!
//! A suite is a directory with `guests/` and usually `adapters/` and `wit/`. A build script needs one call, as in
//! this repository: `polyfill_builder::Suite::new(".").build_script()`.
//!
//! The stages are modules: `discover` (directories -> inventory), `compile` (sources -> core modules), `cells`
//! (cases x adapter chains x hosts), `components` (core modules -> components), `output` (components -> files). A
//! guest that cannot be read, compiled or encoded fails its own trials; only an invalid suite is a [`BuildError`].

pub mod abi;
pub mod case;
pub mod descriptor;
pub mod failing;
pub mod index;
pub mod matrix;

mod built;
mod cache;
mod chain;
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
mod suite;
pub mod system;
pub mod terminal;
mod traced;
pub mod tree;
mod trials;
mod universe;
mod wasi_test;
pub mod wit;

pub use built::{AdapterModule, Built, CoreModules, Done, Step, StepKind, WasiSuite};
pub use chain::Element;
pub use encode::provided;
pub use error::{BuildError, Problems};
pub use features::{Features, Gated};
pub use polyfill_encoder::fits;
pub use settings::Settings;
pub use suite::Suite;
pub use traced::traced;

/// The published reference adapters.
pub use polyfill_reference as reference;
