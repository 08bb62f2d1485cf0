//! Reads and validates TOML files of known and accepted findings.

use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use thiserror::Error;

/// Error in a file.
#[derive(Debug, Error)]
pub enum RulesError {
    /// The file cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// Path of the file.
        path: PathBuf,
        /// Cause of the error.
        source: io::Error,
    },
    /// The file is invalid. Lists all problems.
    #[error("`{}`: {}", path.display(), problems.join("\n  "))]
    Wrong {
        /// Path of the file.
        path: PathBuf,
        /// All problems.
        problems: Vec<String>,
    },
}

/// Reads a file. `parse` converts its text, or returns all problems.
///
/// # Errors
///
/// Fails if the file cannot be read or is invalid.
pub fn read<T>(path: &Path, parse: impl FnOnce(&str) -> Result<T, Vec<String>>) -> Result<T, RulesError> {
    let text = polyfill_builder::system::read_to_string(path)
        .map_err(|source| RulesError::Read { path: path.to_path_buf(), source })?;
    parse(&text).map_err(|problems| RulesError::Wrong { path: path.to_path_buf(), problems })
}

/// Reads an optional file. Returns the default if it does not exist.
///
/// # Errors
///
/// Fails if the file exists but cannot be read or is invalid.
pub fn read_if_there<T: Default>(
    path: &Path,
    parse: impl FnOnce(&str) -> Result<T, Vec<String>>,
) -> Result<T, RulesError> {
    match read(path, parse) {
        Err(RulesError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(T::default()),
        read => read,
    }
}

/// Parses TOML and validates the result with `problems`.
///
/// # Errors
///
/// Returns a message for each problem.
pub fn parse<T: DeserializeOwned>(text: &str, problems: impl FnOnce(&T) -> Vec<String>) -> Result<T, Vec<String>> {
    let rules: T = toml::from_str(text).map_err(|error| vec![error.to_string().trim_end().to_string()])?;
    let problems = problems(&rules);
    if problems.is_empty() { Ok(rules) } else { Err(problems) }
}
