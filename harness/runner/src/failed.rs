//! Serializable summary of a failure: compact enough for a recording, and sufficient to compare the failures of two
//! runs.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::compare::{Mismatch, Stream};
use crate::observation::{Observation, Outcome};
use crate::report::{counts, expected_handles};
use crate::values::bytes_text;

/// Summary of one mismatch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Failed {
    /// Kind of the mismatch.
    pub kind: FailedKind,
    /// Location: a line of an output or list (from 1), a call, or a function. Empty if the kind has a single location.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub at: String,
    /// Expected text; `None` if nothing is expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// Actual text; `None` if nothing was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
}

/// Kind of a mismatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailedKind {
    /// Outcome of the run.
    Outcome,
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// Message of a failed encoding.
    Error,
    /// Calls across the core boundary.
    CoreCalls,
    /// Calls across both boundaries.
    Trace,
    /// Functions of the backtrace.
    Backtrace,
    /// Result of a call.
    Returned,
    /// Output of a call.
    Printed,
    /// Calls across the component boundary.
    HostCalls,
    /// Resources that the host still holds.
    HandlesLeft,
    /// Violation of a rule by an adapter.
    Violation,
    /// Imports of the component.
    Imports,
    /// Versions of interfaces.
    Versions,
    /// Files in the guest's private directory.
    Files,
    /// Memory growth in pages.
    PagesGrown,
    /// Expectation that cannot be evaluated.
    Unreadable,
}

impl Failed {
    /// Summarizes each mismatch: of an output, only the first differing line.
    pub fn all(mismatches: &[Mismatch], observation: &Observation) -> Vec<Self> {
        mismatches.iter().filter_map(|mismatch| Self::of(mismatch, observation)).collect()
    }

    /// Returns `None` for mismatches that are not properties of the run, because no replay shows them.
    fn of(mismatch: &Mismatch, observation: &Observation) -> Option<Self> {
        let one =
            |kind, at: &str, expected: Option<String>, actual| Self { kind, at: at.to_string(), expected, actual };
        Some(match mismatch {
            Mismatch::NothingChecked { .. } | Mismatch::OtherFailure(_) => return None,
            Mismatch::Outcome { expected } => {
                one(FailedKind::Outcome, "", Some(expected.clone()), Some(outcome(&observation.outcome)))
            }
            Mismatch::Bytes { stream, expected, actual, .. } => {
                let kind = match stream {
                    Stream::Stdout => FailedKind::Stdout,
                    Stream::Stderr => FailedKind::Stderr,
                    Stream::Error => FailedKind::Error,
                    Stream::CoreCalls => FailedKind::CoreCalls,
                    Stream::Trace => FailedKind::Trace,
                };
                first_line(kind, "", expected, actual)
            }
            Mismatch::Backtrace { expected, missing } => {
                one(FailedKind::Backtrace, &expected[..*missing].join(", then "), expected.get(*missing).cloned(), None)
            }
            Mismatch::Returned { invoke, expected, actual, .. } => {
                one(FailedKind::Returned, invoke, Some(expected.clone()), actual.clone())
            }
            Mismatch::Printed { invoke, expected, actual } => {
                first_line(FailedKind::Printed, invoke, expected.as_bytes(), actual)
            }
            Mismatch::HostCalls { expected, actual } => lists(FailedKind::HostCalls, expected, actual),
            Mismatch::NoSuchCall { call, after } => {
                one(FailedKind::HostCalls, after.as_deref().unwrap_or_default(), Some(call.clone()), None)
            }
            Mismatch::UnwantedCall { wanted, actual } => {
                one(FailedKind::HostCalls, "", Some(format!("never {wanted}")), Some(actual.clone()))
            }
            Mismatch::CallsNotRecorded => one(FailedKind::HostCalls, "", None, None),
            Mismatch::HandlesLeft { expected, actual } => {
                let expected = Some(expected_handles(expected));
                one(FailedKind::HandlesLeft, "", expected, actual.as_ref().map(counts))
            }
            Mismatch::Violation(violation) => {
                one(FailedKind::Violation, &violation.function, None, Some(violation.what.kind().into()))
            }
            Mismatch::Imports { expected, actual } => lists(FailedKind::Imports, expected, actual),
            Mismatch::UnwantedImports { word, actual } => {
                one(FailedKind::Imports, "", Some(format!("none with {word}")), Some(actual.join(", ")))
            }
            Mismatch::Versions { namespace, interfaces } => {
                one(FailedKind::Versions, namespace, Some("one".into()), Some(interfaces.join(", ")))
            }
            Mismatch::Files { expected, actual } => lists(FailedKind::Files, expected, actual),
            Mismatch::PagesGrown { expected: [least, most], actual } => {
                one(FailedKind::PagesGrown, "", Some(format!("{least} to {most}")), Some(actual.to_string()))
            }
            Mismatch::Unreadable { key, message } => one(FailedKind::Unreadable, key, None, Some(message.clone())),
        })
    }
}

/// Formats an outcome without the value of the time limit.
fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Timeout { .. } => "timeout".into(),
        outcome => outcome.to_string(),
    }
}

/// Summarizes the first differing line. All lines before it are equal.
fn first_line(kind: FailedKind, at: &str, expected: &[u8], actual: &[u8]) -> Failed {
    let lines = |bytes: &'_ [u8]| bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
    first(kind, at, &lines(expected), &lines(actual), |line| bytes_text(line))
}

fn lists(kind: FailedKind, expected: &[String], actual: &[String]) -> Failed {
    first(kind, "", expected, actual, |line| bytes_text(line.as_bytes()))
}

fn first<T: PartialEq>(
    kind: FailedKind,
    at: &str,
    expected: &[T],
    actual: &[T],
    text: impl Fn(&T) -> String,
) -> Failed {
    let same = expected.iter().zip(actual).take_while(|(expected, actual)| expected == actual).count();
    let at = format!("{at}{}line {}", if at.is_empty() { "" } else { ", " }, same + 1);
    Failed { kind, at, expected: expected.get(same).map(&text), actual: actual.get(same).map(&text) }
}

impl fmt::Display for FailedKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Outcome => "outcome",
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
            Self::Error => "error",
            Self::CoreCalls => "calls across the core boundary",
            Self::Trace => "trace",
            Self::Backtrace => "backtrace",
            Self::Returned => "result",
            Self::Printed => "stdout of a call",
            Self::HostCalls => "host calls",
            Self::HandlesLeft => "remaining handles",
            Self::Violation => "violation",
            Self::Imports => "imports of the component",
            Self::Versions => "versions",
            Self::Files => "files",
            Self::PagesGrown => "memory growth in pages",
            Self::Unreadable => "unreadable expectation",
        })
    }
}

/// Formats three lines: kind and location, expected, actual.
impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.at.is_empty() { String::new() } else { format!(", {}", self.at) };
        let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".into()).replace('\n', "\n    ");
        writeln!(f, "{}{place}", self.kind)?;
        writeln!(f, "  expected: {}", or(&self.expected))?;
        write!(f, "  actual:   {}", or(&self.actual))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summary_of_an_output_is_the_first_differing_line() {
        let failed =
            |expected: &str, actual: &str| first_line(FailedKind::Stdout, "", expected.as_bytes(), actual.as_bytes());
        let one = failed("a\nb\nc\n", "a\nx\nc\n");
        assert_eq!(one.to_string(), "stdout, line 2\n  expected: \"b\\n\"\n  actual:   \"x\\n\"");
        assert_eq!(one, failed("a\nb\nc\n", "a\nx\n"));
        assert_ne!(one, failed("a\nb\nc\n", "x\n"));
        assert_ne!(one, failed("a\nb\nc\n", "a\ny\n"));
        assert_ne!(failed("a\n", ""), failed("a\n", "b\n"));
        assert_eq!(failed("a\n", "").actual, None);
        assert_eq!(failed("a\n", "a").actual.as_deref(), Some("\"a\""));
    }
}
