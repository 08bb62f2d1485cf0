//! Bytes and texts in a case file.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

/// Bytes of a repeated text that are made at a time.
const CHUNK: usize = 64 << 10;

/// Text, or a repeated text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "expected a text, or { repeat = \"text\", times = number }")]
pub enum Text {
    /// Literal text.
    Plain(String),
    /// Repeated text.
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
    /// Literal text.
    Text(String),
    /// Content of a file. The path is relative to the case file.
    File(FileBytes),
    /// Pairs of hexadecimal digits; white space is ignored.
    Hex(HexBytes),
    /// Repeated text: `{ repeat = "0123456789abcdef", times = 65536 }`.
    Repeat(RepeatBytes),
    /// In expectations only: a text in which `[..]` matches any text within a line, and a line `...` matches any
    /// number of lines.
    Pattern(PatternBytes),
}

/// See [`Bytes::File`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FileBytes {
    /// Path of the file.
    pub file: String,
    /// Content as hexadecimal digits. Absent in a case file; filled in by the build.
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
    /// Hexadecimal digits.
    pub hex: String,
}

/// See [`Bytes::Repeat`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RepeatBytes {
    /// Text to repeat.
    pub repeat: String,
    /// Number of repetitions.
    pub times: usize,
}

/// Error in a value of a case file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BytesError {
    /// Text other than pairs of hexadecimal digits.
    #[error("`{0}` is not a pair of hexadecimal digits")]
    Hex(String),
    /// Repeated text longer than [`Bytes::MOST`].
    #[error("repeated text of more than {} bytes", Bytes::MOST)]
    TooLong,
}

impl Bytes {
    /// Maximum length of a repeated text in bytes.
    pub const MOST: usize = 1 << 30;

    /// Checks that the bytes can be read, without expanding repeated text.
    pub(crate) fn check(&self) -> Result<(), BytesError> {
        match self {
            Bytes::Repeat(text) => text.length().map(drop),
            Bytes::Hex(_) | Bytes::File(_) => self.read().map(drop),
            Bytes::Text(_) | Bytes::Pattern(_) => Ok(()),
        }
    }

    /// Returns the bytes, or `None` for a file that the build did not find.
    ///
    /// # Errors
    ///
    /// Returns [`BytesError`] for invalid hexadecimal digits and for a repeated text that is too long.
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

impl Bytes {
    /// Number of bytes that [`read`](Self::read) returns, without making them. `None` for a file that the build did not
    /// find.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`read`](Self::read), except for invalid digits: they are only counted.
    pub fn length(&self) -> Result<Option<usize>, BytesError> {
        match self {
            Bytes::Text(text) => Ok(Some(text.len())),
            Bytes::File(file) => Ok(file.content.as_deref().map(hex_length)),
            Bytes::Hex(digits) => Ok(Some(hex_length(&digits.hex))),
            Bytes::Repeat(text) => text.length().map(Some),
            Bytes::Pattern(text) => Ok(Some(text.pattern.len())),
        }
    }

    /// Writes the bytes, without making more of them at a time than are written down, or 64 KiB. `None`, and nothing
    /// written, for a file that the build did not find.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`read`](Self::read), as [`io::ErrorKind::InvalidData`], and of the writer.
    pub fn write_to(&self, out: &mut impl Write) -> io::Result<Option<()>> {
        match self {
            Bytes::Repeat(text) => text.write_to(out).map(Some),
            Bytes::Text(text) => out.write_all(text.as_bytes()).map(Some),
            _ => match self.read().map_err(invalid)? {
                Some(bytes) => out.write_all(&bytes).map(Some),
                None => Ok(None),
            },
        }
    }
}

impl RepeatBytes {
    /// Number of bytes of the whole.
    fn length(&self) -> Result<usize, BytesError> {
        let length = self.repeat.len().checked_mul(self.times);
        length.filter(|length| *length <= Bytes::MOST).ok_or(BytesError::TooLong)
    }

    fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        let length = self.length().map_err(invalid)?;
        if length == 0 {
            return Ok(());
        }
        let at_once = (CHUNK / self.repeat.len()).clamp(1, self.times);
        let chunk = self.repeat.repeat(at_once);
        for _ in 0..self.times / at_once {
            out.write_all(chunk.as_bytes())?;
        }
        out.write_all(&chunk.as_bytes()[..self.times % at_once * self.repeat.len()])
    }

    fn read(&self) -> Result<String, BytesError> {
        self.length().map(|_| self.repeat.repeat(self.times))
    }
}

impl Text {
    /// Number of bytes that [`read`](Self::read) returns, without making them.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`read`](Self::read).
    pub fn length(&self) -> Result<usize, BytesError> {
        match self {
            Text::Plain(text) => Ok(text.len()),
            Text::Repeat(text) => text.length(),
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

fn invalid(error: BytesError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

fn hex_length(digits: &str) -> usize {
    digits.chars().filter(|c| !c.is_whitespace()).count().div_ceil(2)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_and_writing_agree_with_reading() {
        let repeat = |text: &str, times| Bytes::Repeat(RepeatBytes { repeat: text.into(), times });
        let hex = |hex: &str| Bytes::Hex(HexBytes { hex: hex.into() });
        let file =
            |content: Option<&str>| Bytes::File(FileBytes { file: "f".into(), content: content.map(str::to_string) });
        let all = [
            Bytes::Text("a\u{e9}".into()),
            hex("00 f f"),
            hex(""),
            file(Some("0102")),
            file(None),
            repeat("abc", 50_000),
            repeat("abc", 0),
            repeat("", usize::MAX),
            repeat(&"x".repeat(CHUNK + 1), 3),
        ];
        for bytes in all {
            let read = bytes.read().unwrap();
            assert_eq!(bytes.length().unwrap(), read.as_ref().map(Vec::len));
            let mut written = Vec::new();
            let there = bytes.write_to(&mut written).unwrap();
            assert_eq!(there.map(|()| written), read);
        }
    }

    #[test]
    fn length_of_a_repeated_text_is_bounded() {
        for times in [Bytes::MOST + 1, usize::MAX] {
            let text = RepeatBytes { repeat: "ab".into(), times };
            assert_eq!(Bytes::Repeat(text.clone()).length(), Err(BytesError::TooLong));
            assert_eq!(Text::Repeat(text.clone()).length(), Err(BytesError::TooLong));
            let refused = Bytes::Repeat(text).write_to(&mut io::sink()).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::InvalidData);
        }
    }
}
