//! What made a trial fail, as data: short enough for a recording, and enough to say of another run that it fails in the same
//! way.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::compare::{Mismatch, Stream};
use crate::observation::{Observation, Outcome};
use crate::report::{counts, expected_handles};
use crate::values::bytes_text;

/// One thing that made a trial fail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Failed {
    /// Its kind.
    pub kind: FailedKind,
    /// The place: a line of an output or of a list from 1, a call, a function; empty where there is one place only.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub at: String,
    /// What the case expects there; `None` for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What was there; `None` for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
}

/// Kinds of what makes a trial fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailedKind {
    /// The end of the run.
    Outcome,
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// The message of an encoding that failed.
    Error,
    /// Calls across the core boundary.
    CoreCalls,
    /// Calls across both boundaries.
    Trace,
    /// Functions of the backtrace.
    Backtrace,
    /// The result of a call.
    Returned,
    /// The output of a call.
    Printed,
    /// Calls across the component boundary.
    HostCalls,
    /// Resources that the host still holds.
    HandlesLeft,
    /// A violation: something that an adapter must not do.
    Violation,
    /// Imports of the component.
    Imports,
    /// Versions of interfaces.
    Versions,
    /// Files in the guest's private folder.
    Files,
    /// Pages by which memory grew.
    PagesGrown,
    /// An expectation that cannot be read.
    Unreadable,
}

impl Failed {
    /// The essential part of each mismatch: the first line that differs of an output, not all of it.
    pub fn all(mismatches: &[Mismatch], observation: &Observation) -> Vec<Self> {
        mismatches.iter().filter_map(|mismatch| Self::of(mismatch, observation)).collect()
    }

    /// `None` for what is not of the run: no replay shows it.
    fn of(mismatch: &Mismatch, observation: &Observation) -> Option<Self> {
        let one = |kind, at: &str, expected: Option<String>, seen| Self { kind, at: at.to_string(), expected, seen };
        Some(match mismatch {
            Mismatch::NothingChecked { .. } | Mismatch::OtherFailure(_) => return None,
            Mismatch::Outcome { expected } => {
                one(FailedKind::Outcome, "", Some(expected.clone()), Some(outcome(&observation.outcome)))
            }
            Mismatch::Bytes { stream, expected, seen, .. } => {
                let kind = match stream {
                    Stream::Stdout => FailedKind::Stdout,
                    Stream::Stderr => FailedKind::Stderr,
                    Stream::Error => FailedKind::Error,
                    Stream::CoreCalls => FailedKind::CoreCalls,
                    Stream::Trace => FailedKind::Trace,
                };
                first_line(kind, "", expected, seen)
            }
            Mismatch::Backtrace { expected, missing } => {
                one(FailedKind::Backtrace, &expected[..*missing].join(", then "), expected.get(*missing).cloned(), None)
            }
            Mismatch::Returned { invoke, expected, seen, .. } => {
                one(FailedKind::Returned, invoke, Some(expected.clone()), seen.clone())
            }
            Mismatch::Printed { invoke, expected, seen } => {
                first_line(FailedKind::Printed, invoke, expected.as_bytes(), seen)
            }
            Mismatch::HostCalls { expected, seen } => lists(FailedKind::HostCalls, expected, seen),
            Mismatch::NoSuchCall { call, after } => {
                one(FailedKind::HostCalls, after.as_deref().unwrap_or_default(), Some(call.clone()), None)
            }
            Mismatch::UnwantedCall { wanted, seen } => {
                one(FailedKind::HostCalls, "", Some(format!("never {wanted}")), Some(seen.clone()))
            }
            Mismatch::CallsNotRecorded => one(FailedKind::HostCalls, "", None, None),
            Mismatch::HandlesLeft { expected, seen } => {
                let expected = Some(expected_handles(expected));
                one(FailedKind::HandlesLeft, "", expected, seen.as_ref().map(counts))
            }
            Mismatch::Violation(violation) => {
                one(FailedKind::Violation, &violation.function, None, Some(violation.what.kind().into()))
            }
            Mismatch::Imports { expected, seen } => lists(FailedKind::Imports, expected, seen),
            Mismatch::UnwantedImports { word, seen } => {
                one(FailedKind::Imports, "", Some(format!("none with {word}")), Some(seen.join(", ")))
            }
            Mismatch::Versions { namespace, interfaces } => {
                one(FailedKind::Versions, namespace, Some("one".into()), Some(interfaces.join(", ")))
            }
            Mismatch::Files { expected, seen } => lists(FailedKind::Files, expected, seen),
            Mismatch::PagesGrown { expected: [least, most], seen } => {
                one(FailedKind::PagesGrown, "", Some(format!("{least} to {most}")), Some(seen.to_string()))
            }
            Mismatch::Unreadable { key, message } => one(FailedKind::Unreadable, key, None, Some(message.clone())),
        })
    }
}

/// The end of a run without what depends on how long it was let run.
fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Timeout { .. } => "timeout".into(),
        outcome => outcome.to_string(),
    }
}

/// The first line that is another one. Lines before it are the same, so that its number and both lines say it all.
fn first_line(kind: FailedKind, at: &str, expected: &[u8], seen: &[u8]) -> Failed {
    let lines = |bytes: &'_ [u8]| bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
    first(kind, at, &lines(expected), &lines(seen), |line| bytes_text(line))
}

fn lists(kind: FailedKind, expected: &[String], seen: &[String]) -> Failed {
    first(kind, "", expected, seen, |line| bytes_text(line.as_bytes()))
}

fn first<T: PartialEq>(kind: FailedKind, at: &str, expected: &[T], seen: &[T], text: impl Fn(&T) -> String) -> Failed {
    let same = expected.iter().zip(seen).take_while(|(expected, seen)| expected == seen).count();
    let at = format!("{at}{}line {}", if at.is_empty() { "" } else { ", " }, same + 1);
    Failed { kind, at, expected: expected.get(same).map(&text), seen: seen.get(same).map(&text) }
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
            Self::HandlesLeft => "handles that are left",
            Self::Violation => "violation",
            Self::Imports => "imports of the component",
            Self::Versions => "versions",
            Self::Files => "files",
            Self::PagesGrown => "pages by which memory grew",
            Self::Unreadable => "expectation that cannot be read",
        })
    }
}

/// Three lines: kind and place, what was expected, what was seen.
impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.at.is_empty() { String::new() } else { format!(", {}", self.at) };
        let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".into()).replace('\n', "\n    ");
        writeln!(f, "{}{place}", self.kind)?;
        writeln!(f, "  expected: {}", or(&self.expected))?;
        write!(f, "  seen:     {}", or(&self.seen))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_output_the_first_line_that_differs_is_kept() {
        let failed =
            |expected: &str, seen: &str| first_line(FailedKind::Stdout, "", expected.as_bytes(), seen.as_bytes());
        let one = failed("a\nb\nc\n", "a\nx\nc\n");
        assert_eq!(one.to_string(), "stdout, line 2\n  expected: \"b\\n\"\n  seen:     \"x\\n\"");
        assert_eq!(one, failed("a\nb\nc\n", "a\nx\n"));
        assert_ne!(one, failed("a\nb\nc\n", "x\n"));
        assert_ne!(one, failed("a\nb\nc\n", "a\ny\n"));
        assert_ne!(failed("a\n", ""), failed("a\n", "b\n"));
        assert_eq!(failed("a\n", "").seen, None);
        assert_eq!(failed("a\n", "a").seen.as_deref(), Some("\"a\""));
    }
}
