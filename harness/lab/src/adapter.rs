//! The adapter of a side, by whatever name it goes.

use std::io;
use std::path::{Path, PathBuf};

use polyfill_build::{AdapterModule, BuildError, Suite, reference};
use thiserror::Error;

/// An adapter that there is not.
#[derive(Debug, Error)]
pub enum AdapterError {
    /// No release of that name was published.
    #[error(transparent)]
    Published(#[from] reference::Unknown),
    /// Its file cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
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
        let wasm = polyfill_build::system::read(path)
            .map_err(|source| AdapterError::Read { path: path.to_path_buf(), source })?;
        return Ok(AdapterModule::plain(vec![reference::IMPORT_MODULE.to_string()], wasm));
    }
    suite.adapter(name)?.ok_or_else(|| AdapterError::None(name.to_string()))
}
