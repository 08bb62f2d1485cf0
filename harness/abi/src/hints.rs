//! Hints: a TOML file next to a WITX file, for what WITX cannot express. Every key is optional.
//!
//! ```toml
//! [types.rights]
//! display = "hex"                 # numbers are shown in hexadecimal
//!
//! [types.filestat]
//! varies = ["dev", "ino"]         # these fields can differ between equal calls; `true`: all of it
//!
//! [functions.fd_readdir]
//! outputs = ["bufused"]           # names of the results
//!
//! [functions.fd_readdir.parameters.buf]
//! length = "buf_len"              # the parameter with the number of values; default: the parameter NAME_len after it
//! filled = "bufused"              # the output with the number of values written; default: all
//! entries = "dirent"              # the buffer holds values of this type, each followed by bytes,
//! tail = "d_namlen"               # as many as this field says
//!
//! [functions.args_sizes_get]
//! known = { argc = "args-count" } # this output follows from the inputs of a run
//!
//! [functions.fd_close]
//! closes = "fd"                   # a successful call closes this handle
//!
//! [functions.fd_renumber]
//! moves = ["fd", "to"]            # a successful call closes `to` and gives its number to `fd`
//! ```
//!
//! `length` is also a number, or `FUNCTION.OUTPUT` if another function reports it. With `partial = true`, a call may
//! write less than the whole buffer without reporting how much.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::error::{AbiError, Location};
use crate::model::Known;
use crate::types::Display;

/// File of hints.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Hints {
    /// Hints for named types.
    #[serde(default)]
    pub types: BTreeMap<Spanned<String>, TypeHint>,
    /// Hints for functions.
    #[serde(default)]
    pub functions: BTreeMap<Spanned<String>, FunctionHint>,
}

/// Hints for a type.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TypeHint {
    /// Format of its values.
    #[serde(default)]
    pub display: Display,
    /// Parts that can differ between equal calls.
    pub varies: Option<Spanned<Varies>>,
}

/// Parts of a type that can differ between equal calls.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Varies {
    /// All of it, or nothing.
    All(bool),
    /// These fields of a record.
    Fields(Vec<String>),
}

/// Hints for a function.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FunctionHint {
    /// Names of its outputs, in order.
    pub outputs: Option<Spanned<Vec<String>>>,
    /// Outputs that follow from the inputs of a run.
    #[serde(default)]
    pub known: BTreeMap<Spanned<String>, Known>,
    /// Parameter with the handle that a successful call closes.
    pub closes: Option<Spanned<String>>,
    /// Parameters with the handle that a successful call moves, and with its new number.
    pub moves: Option<[Spanned<String>; 2]>,
    /// Hints for parameters.
    #[serde(default)]
    pub parameters: BTreeMap<Spanned<String>, ParameterHint>,
}

/// Hints for a parameter that is an address.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ParameterHint {
    /// Number of values.
    pub length: Option<Spanned<LengthHint>>,
    /// Output with the number of values that a successful call has written.
    pub filled: Option<Spanned<String>>,
    /// Set if a call may write a part without reporting its length.
    #[serde(default)]
    pub partial: bool,
    /// Type of the entries in a buffer of bytes.
    pub entries: Option<Spanned<String>>,
    /// Field of an entry with the number of bytes that follow it.
    pub tail: Option<Spanned<String>>,
}

/// Number of values.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum LengthHint {
    /// This number. Only 1 is possible.
    Number(u64),
    /// Name of a parameter, or `FUNCTION.OUTPUT`.
    Name(String),
}

impl Hints {
    /// Parses a file of hints.
    ///
    /// # Errors
    ///
    /// Returns [`AbiError::Hint`] for invalid TOML, unknown keys and values of wrong types.
    pub fn parse(path: &str, text: &str) -> Result<Hints, AbiError> {
        toml::from_str(text).map_err(|error| AbiError::Hint {
            location: location(path, text, error.span().map_or(0, |span| span.start)),
            message: error.message().to_string(),
        })
    }
}

/// Returns the place of a byte offset in a text.
pub(crate) fn location(path: &str, text: &str, offset: usize) -> Location {
    let before = text.get(..offset.min(text.len())).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Location {
        path: path.to_string(),
        line: before.matches('\n').count() + 1,
        column: before[start..].chars().count() + 1,
    }
}
