//! Defines errors that fail a whole build. Failures of single guests are recorded in the index.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Error that fails the whole build.
#[derive(Debug, Error)]
pub enum BuildError {
    /// Problems of the suite's directory.
    #[error("{0}")]
    Layout(Problems),
    /// Failed file operation.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// Operation.
        action: &'static str,
        /// Path of the file or directory.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// The suite has no guest of this name.
    #[error("no guest `{name}` in `guests`{hint}")]
    NoGuest {
        /// Requested name.
        name: String,
        /// Similar names, as the end of a sentence.
        hint: String,
    },
}

impl BuildError {
    /// Returns a function for `map_err` on file operations.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> BuildError {
        let path = path.to_path_buf();
        move |source| BuildError::Io { action, path, source }
    }
}

/// Problems of a suite's layout. Each names the file and the accepted alternatives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<String>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}
