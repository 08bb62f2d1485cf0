//! Parses ranges of releases.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::{Release, releases, versions};

/// Range of at least two releases: `24.0.13..50.0.1`, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(&'static [Release]);

/// Invalid range.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NoSpan {
    /// Not of the form `A..Z`.
    #[error("`{0}` is not of the form `OLDER..NEWER`")]
    Shape(String),
    /// Unknown release.
    #[error("there is no release `{version}`; there are {}", versions())]
    Unknown {
        /// Requested version.
        version: String,
    },
    /// The first release is not older than the last one.
    #[error("`{0}`: expected the older release first")]
    Order(String),
}

impl Span {
    /// Returns the releases, from the oldest to the newest.
    pub fn releases(&self) -> &'static [Release] {
        self.0
    }
}

impl FromStr for Span {
    type Err = NoSpan;

    fn from_str(text: &str) -> Result<Span, NoSpan> {
        let (first, last) = text.split_once("..").ok_or_else(|| NoSpan::Shape(text.to_string()))?;
        let place = |version: &str| {
            let found = releases().iter().position(|release| release.version == version);
            found.ok_or_else(|| NoSpan::Unknown { version: version.to_string() })
        };
        let (first, last) = (place(first)?, place(last)?);
        if first < last { Ok(Span(&releases()[first..=last])) } else { Err(NoSpan::Order(text.to_string())) }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, .., last] = self.0 else { return Ok(()) };
        write!(f, "{}..{}", first.version, last.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_include_both_ends() {
        let span: Span = "25.0.1..28.0.1".parse().unwrap();
        let versions: Vec<_> = span.releases().iter().map(|release| release.version).collect();
        assert_eq!(versions, ["25.0.1", "28.0.0", "28.0.1"]);
        assert_eq!(span.to_string(), "25.0.1..28.0.1");
    }

    #[test]
    fn invalid_spans_are_rejected_with_the_reason() {
        let error = |text: &str| text.parse::<Span>().unwrap_err();
        assert_eq!(error("25.0.1"), NoSpan::Shape("25.0.1".to_string()));
        assert_eq!(error("25.0.1..26.0.0"), NoSpan::Unknown { version: "26.0.0".to_string() });
        assert_eq!(error("28.0.1..28.0.1"), NoSpan::Order("28.0.1..28.0.1".to_string()));
    }
}
