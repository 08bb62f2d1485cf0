//! What stops a whole build. What stops one guest is in the index instead.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A build that could not be done at all.
#[derive(Debug, Error)]
pub enum BuildError {
    /// The suite's folder does not make sense: everything that is wrong with it.
    #[error("{0}")]
    Layout(Problems),
    /// The file system refused.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// No guest of this name is in the suite.
    #[error("no guest `{name}` in `guests`{hint}")]
    NoGuest {
        /// The name that was asked for.
        name: String,
        /// Names like it, as the end of a sentence.
        hint: String,
    },
}

impl BuildError {
    /// For `map_err` on file operations.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> BuildError {
        let path = path.to_path_buf();
        move |source| BuildError::Io { action, path, source }
    }
}

/// Problems of a suite's layout, each naming the file and what would be allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<String>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}
