//! Bytes as a case file writes them down -> bytes.

use polyfill_build::case::Bytes;
use thiserror::Error;

/// Bytes that a case file does not write down properly.
#[derive(Debug, Error)]
pub enum BytesError {
    /// Not hexadecimal digits, two for each byte.
    #[error("`hex` has {found} where pairs of hexadecimal digits (0-9, a-f) are expected")]
    Hex {
        /// What stands there.
        found: String,
    },
    /// A file that the build has not read.
    #[error("the content of `{file}` is not in the index; run the build again")]
    NotRead {
        /// The file.
        file: String,
    },
}

/// The bytes themselves. Files have been read by the build.
pub fn resolve(bytes: &Bytes) -> Result<Vec<u8>, BytesError> {
    match bytes {
        Bytes::Text(text) => Ok(text.clone().into_bytes()),
        Bytes::File(file) => match &file.content {
            Some(digits) => from_hex(digits),
            None => Err(BytesError::NotRead { file: file.file.clone() }),
        },
        Bytes::Hex(hex) => from_hex(&hex.hex),
        Bytes::Repeat(repeat) => Ok(repeat.repeat.repeat(repeat.times).into_bytes()),
    }
}

/// The file that the bytes come from, relative to the case file.
pub(crate) fn golden(bytes: &Bytes) -> Option<&str> {
    match bytes {
        Bytes::File(file) => Some(&file.file),
        Bytes::Text(_) | Bytes::Hex(_) | Bytes::Repeat(_) => None,
    }
}

fn from_hex(text: &str) -> Result<Vec<u8>, BytesError> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut high = None;
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        let digit = c.to_digit(16).ok_or_else(|| BytesError::Hex { found: format!("`{c}`") })? as u8;
        match high.take() {
            None => high = Some(digit),
            Some(high) => bytes.push(high << 4 | digit),
        }
    }
    match high {
        None => Ok(bytes),
        Some(_) => Err(BytesError::Hex { found: "an odd number of digits".into() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_digits_come_in_pairs() {
        assert_eq!(from_hex("00 fF\n10").unwrap(), [0x00, 0xff, 0x10]);
        assert_eq!(from_hex("").unwrap(), []);
        assert!(from_hex("0").is_err());
        assert!(from_hex("0g").unwrap_err().to_string().contains("`g`"));
    }
}
