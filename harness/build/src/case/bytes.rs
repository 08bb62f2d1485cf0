//! Bytes and texts in a case file.

use serde::{Deserialize, Serialize};

/// A text, or one repeated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "expected a text, or { repeat = \"text\", times = number }")]
pub enum Text {
    /// As it stands.
    Plain(String),
    /// Repeated.
    Repeat(RepeatBytes),
}

/// Bytes in a case file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(
    untagged,
    expecting = "expected a text, { file = \"path\" }, { hex = \"00 ff\" }, { repeat = \"text\", times = number } or, of output, { pattern = \"text\" }"
)]
pub enum Bytes {
    /// Text as it stands.
    Text(String),
    /// The content of a file, relative to the case file.
    File(FileBytes),
    /// Pairs of hexadecimal digits; white space is passed over.
    Hex(HexBytes),
    /// A text repeated: `{ repeat = "0123456789abcdef", times = 65536 }`.
    Repeat(RepeatBytes),
    /// In expectations only: a text in which `[..]` stands for any text within a line, and a line `...` for any lines.
    Pattern(PatternBytes),
}

/// See [`Bytes::File`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FileBytes {
    /// The path.
    pub file: String,
    /// The content: empty in a case file, filled in by the build as hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(skip))]
    pub content: Option<String>,
}

/// See [`Bytes::Pattern`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PatternBytes {
    /// The text.
    pub pattern: String,
}

/// See [`Bytes::Hex`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HexBytes {
    /// The digits.
    pub hex: String,
}

/// See [`Bytes::Repeat`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RepeatBytes {
    /// The text.
    pub repeat: String,
    /// How often.
    pub times: usize,
}

/// Bytes in a case file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BytesError {
    /// Something else than pairs of hexadecimal digits.
    #[error("`{0}` is no pair of hexadecimal digits")]
    Hex(String),
    /// A repeated text that would not fit into memory.
    #[error("a text repeated to more than {} bytes", Bytes::MOST)]
    TooLong,
}

impl Bytes {
    /// The most bytes that a repeated text may come to.
    pub const MOST: usize = 1 << 30;

    /// Checks that the bytes can be read, without making them where they are long.
    pub(crate) fn check(&self) -> Result<(), BytesError> {
        match self {
            Bytes::Repeat(text) => text.check(),
            Bytes::Hex(_) | Bytes::File(_) => self.read().map(drop),
            Bytes::Text(_) | Bytes::Pattern(_) => Ok(()),
        }
    }

    /// The bytes, or `None` for a file that the build did not find.
    pub fn read(&self) -> Result<Option<Vec<u8>>, BytesError> {
        match self {
            Bytes::Text(text) => Ok(Some(text.clone().into_bytes())),
            Bytes::File(file) => file.content.as_deref().map(from_hex).transpose(),
            Bytes::Hex(digits) => from_hex(&digits.hex).map(Some),
            Bytes::Repeat(text) => Ok(Some(text.read()?.into_bytes())),
            Bytes::Pattern(text) => Ok(Some(text.pattern.clone().into_bytes())),
        }
    }
}

impl RepeatBytes {
    fn read(&self) -> Result<String, BytesError> {
        self.check().map(|()| self.repeat.repeat(self.times))
    }

    fn check(&self) -> Result<(), BytesError> {
        match self.repeat.len().checked_mul(self.times) {
            Some(length) if length <= Bytes::MOST => Ok(()),
            _ => Err(BytesError::TooLong),
        }
    }
}

impl Text {
    /// Checks that the text can be read, without making it.
    pub(crate) fn check(&self) -> Result<(), BytesError> {
        match self {
            Text::Plain(_) => Ok(()),
            Text::Repeat(text) => text.check(),
        }
    }

    /// The text.
    pub fn read(&self) -> Result<String, BytesError> {
        match self {
            Text::Plain(text) => Ok(text.clone()),
            Text::Repeat(text) => text.read(),
        }
    }
}

pub(crate) fn from_hex(digits: &str) -> Result<Vec<u8>, BytesError> {
    let mut digits = digits.chars().filter(|c| !c.is_whitespace());
    let mut bytes = Vec::new();
    while let Some(first) = digits.next() {
        let second = digits.next();
        let value = |digit: char| digit.to_digit(16).map(|value| value as u8);
        match (value(first), second.and_then(value)) {
            (Some(high), Some(low)) => bytes.push(high << 4 | low),
            _ => return Err(BytesError::Hex([first].into_iter().chain(second).collect())),
        }
    }
    Ok(bytes)
}
