//! Files of TOML in which people say what is known and accepted: read, and looked at whether they make sense.

use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use thiserror::Error;

/// A file that cannot be used.
#[derive(Debug, Error)]
pub enum RulesError {
    /// It cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not what it should be: all that is wrong.
    #[error("`{}`: {}", path.display(), problems.join("\n  "))]
    Wrong {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problems: Vec<String>,
    },
}

/// Reads a file; `parse` makes something of its text, or tells all that is wrong with it.
pub fn read<T>(path: &Path, parse: impl FnOnce(&str) -> Result<T, Vec<String>>) -> Result<T, RulesError> {
    let text = polyfill_build::system::read_to_string(path)
        .map_err(|source| RulesError::Read { path: path.to_path_buf(), source })?;
    parse(&text).map_err(|problems| RulesError::Wrong { path: path.to_path_buf(), problems })
}

/// The same of a file that a suite may do without.
pub fn read_if_there<T: Default>(
    path: &Path,
    parse: impl FnOnce(&str) -> Result<T, Vec<String>>,
) -> Result<T, RulesError> {
    match read(path, parse) {
        Err(RulesError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(T::default()),
        read => read,
    }
}

/// Text -> what it says, if TOML's shape is right and `problems` finds none.
pub fn parse<T: DeserializeOwned>(text: &str, problems: impl FnOnce(&T) -> Vec<String>) -> Result<T, Vec<String>> {
    let rules: T = toml::from_str(text).map_err(|error| vec![error.to_string().trim_end().to_string()])?;
    let problems = problems(&rules);
    if problems.is_empty() { Ok(rules) } else { Err(problems) }
}
