//! Errors in descriptions.

use std::fmt;

use thiserror::Error;

/// Place in a file of a description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Path of the file.
    pub path: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}

/// Error in a description.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AbiError {
    /// A WITX file is invalid.
    #[error("{location}: {message}")]
    Witx {
        /// Place of the error.
        location: Location,
        /// Description of the error.
        message: String,
    },
    /// A WITX file uses a file that does not exist.
    #[error("{by}: no file `{path}`; help: `use` takes a path relative to the file that contains it")]
    NoFile {
        /// Path of the file with the `use` declaration.
        by: String,
        /// Path of the missing file.
        path: String,
    },
    /// A function cannot be imported as a core function.
    #[error("{path}: function `{function}` of module `{module}`: {message}")]
    Function {
        /// Path of the WITX file.
        path: String,
        /// Import module.
        module: String,
        /// Function.
        function: String,
        /// Description of the error with the remedy.
        message: String,
    },
    /// A file describes no import module.
    #[error("{path}: no `(module ..)`; help: declare an import module with at least one `@interface func`")]
    Empty {
        /// Path of the WITX file.
        path: String,
    },
    /// A file of hints is invalid, or names what the WITX file does not declare.
    #[error("{location}: {message}")]
    Hint {
        /// Place of the error.
        location: Location,
        /// Description of the error with the remedy.
        message: String,
    },
}
