//! Reads a description of an import module that is not part of a suite.

use std::io;
use std::path::Path;

use polyfill_abi::{Abi, AbiError, Source};
use thiserror::Error;

use crate::system;

/// Error in a description.
#[derive(Debug, Error)]
pub enum ReadError {
    /// A file cannot be read.
    #[error("cannot read `{path}`: {source}")]
    Read {
        /// Path of the file.
        path: String,
        /// Cause.
        source: io::Error,
    },
    /// The description is invalid.
    #[error(transparent)]
    Invalid(#[from] AbiError),
}

/// Reads a WITX file, the files that it uses, and the hints in the file of the same name that ends in `.toml`, if it
/// exists.
///
/// # Errors
///
/// Returns [`ReadError`] if a file cannot be read or the description is invalid.
pub fn read(path: &Path) -> Result<Source, ReadError> {
    let root = path.display().to_string();
    let mut source = Source { path: root.clone(), ..Source::default() };
    add(&mut source, &root)?;
    let hints = path.with_extension("toml");
    if hints.exists() {
        let path = hints.display().to_string();
        source.hints = Some((path.clone(), text(&path)?));
    }
    Abi::parse(&source)?;
    Ok(source)
}

/// Adds a file and those that it uses.
fn add(source: &mut Source, path: &str) -> Result<(), ReadError> {
    if source.files.contains_key(path) {
        return Ok(());
    }
    let text = text(path)?;
    let used = Source::uses(path, &text);
    source.files.insert(path.to_string(), text);
    used.iter().try_for_each(|used| add(source, used))
}

fn text(path: &str) -> Result<String, ReadError> {
    system::read_to_string(Path::new(path)).map_err(|source| ReadError::Read { path: path.to_string(), source })
}
