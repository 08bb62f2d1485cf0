//! The adapter of a side, by whatever name it goes.

use std::path::Path;

use polyfill_build::module::{self, ModuleError};
use polyfill_build::{AdapterModule, BuildError, Suite, reference};
use thiserror::Error;

/// An adapter that there is not.
#[derive(Debug, Error)]
pub enum AdapterError {
    /// No release of that name was published.
    #[error(transparent)]
    Published(#[from] reference::Unknown),
    /// Its file cannot be read, or is no module.
    #[error(transparent)]
    Module(#[from] ModuleError),
    /// The suite cannot be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// Nobody has one of that name, or it does not compile.
    #[error("there is no adapter `{0}`: neither a published one, nor a file, nor one of the suite that compiles")]
    None(String),
}

/// A published adapter, one in a file, or one of the suite's own.
pub fn adapter(suite: &Suite, name: &str) -> Result<AdapterModule, AdapterError> {
    if let Some(published) = reference::find(name) {
        return Ok(AdapterModule::published(&published?));
    }
    let path = Path::new(name);
    if path.is_file() {
        let wasm = module::read(path)?;
        return Ok(AdapterModule::plain(vec![reference::IMPORT_MODULE.to_string()], wasm));
    }
    suite.adapter(name)?.ok_or_else(|| AdapterError::None(name.to_string()))
}
