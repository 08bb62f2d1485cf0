//! Failure report of a trial. Reproducible: the same failure produces the same text on every machine.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use polyfill_builder::case::{Case, Handles};

use crate::compare::{Golden, Mismatch, Stream};
use crate::diff;
use crate::expected::OtherFailure;
use crate::observation::{Observation, Outcome};
use crate::trace;

/// Maximum number of host calls shown.
const LAST_CALLS: usize = 10;
/// Maximum number of traced calls shown.
const LAST_TRACED: usize = 40;

/// Failure report of one trial; its `Display` implementation renders the text.
pub struct Report<'a> {
    /// Path of the case file, relative to the suite's root.
    pub source: &'a str,
    /// Case of the trial.
    pub case: &'a Case,
    /// Observed behavior.
    pub observation: &'a Observation,
    /// Differences from the case's expectations.
    pub mismatches: &'a [Mismatch],
    /// Notes on blessing and recording.
    pub notes: &'a [String],
    /// Command that reruns this trial.
    pub again: &'a str,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "case: {}", self.source)?;
        if let Some(description) = &self.case.description {
            writeln!(f, "      {description}")?;
        }
        for mismatch in self.mismatches {
            f.write_char('\n')?;
            self.mismatch(f, mismatch)?;
        }
        // Omit the outcome if a mismatch shows it.
        let shows_outcome = |mismatch: &Mismatch| {
            matches!(mismatch, Mismatch::Outcome { .. } | Mismatch::Bytes { stream: Stream::Error, .. })
        };
        if !self.mismatches.iter().any(shows_outcome) {
            writeln!(f, "\noutcome: {}", self.observation.outcome)?;
            f.write_str(&self.observation.outcome.backtrace())?;
        }
        if self.observation.memory_limit_hit {
            writeln!(f, "\nmemory growth was refused because of the memory limit")?;
        }
        self.returned(f)?;
        self.calls(f)?;
        self.core_calls(f)?;
        self.trace(f)?;
        self.stream(f, "stdout", Stream::Stdout, &self.observation.stdout)?;
        self.stream(f, "stderr", Stream::Stderr, &self.observation.stderr)?;
        if !self.notes.is_empty() {
            f.write_char('\n')?;
        }
        for note in self.notes {
            writeln!(f, "{note}")?;
        }
        writeln!(f, "\nrerun: {}", self.again)
    }
}

impl Report<'_> {
    fn mismatch(&self, f: &mut fmt::Formatter<'_>, mismatch: &Mismatch) -> fmt::Result {
        match mismatch {
            Mismatch::Outcome { expected } => {
                writeln!(f, "outcome")?;
                writeln!(f, "  expected: {expected}")?;
                writeln!(f, "  actual:   {}", continued(&self.observation.outcome.to_string()))?;
                f.write_str(&self.observation.outcome.backtrace())
            }
            Mismatch::Bytes { stream, expected, actual, golden } => {
                let name = match stream {
                    Stream::Stdout => "stdout",
                    Stream::Stderr => "stderr",
                    Stream::Error => "error",
                    Stream::CoreCalls => "calls across the core boundary",
                    Stream::Trace => "trace",
                };
                let file = match golden {
                    None => String::new(),
                    Some(Golden { file, exists: true }) => format!(", in {file}"),
                    Some(Golden { file, exists: false }) => format!(", in {file} (file not found)"),
                };
                writeln!(f, "{name} (- expected{file}, + actual)")?;
                indented(f, &diff::bytes(expected, actual))
            }
            Mismatch::Backtrace { expected, missing } => {
                writeln!(f, "backtrace")?;
                writeln!(f, "  expected: {}", expected.join(", then "))?;
                let after = match missing {
                    0 => String::new(),
                    _ => format!(" after `{}`", expected[missing - 1]),
                };
                writeln!(f, "  actual:   no `{}`{after}", expected[*missing])
            }
            Mismatch::Returned { invoke, expected, actual, note } => {
                writeln!(f, "result of {invoke}")?;
                writeln!(f, "  expected: {expected}")?;
                writeln!(f, "  actual:   {}", actual.as_deref().unwrap_or("no result"))?;
                match note {
                    Some(note) => writeln!(f, "  the expected value is not valid WAVE: {note}"),
                    None => Ok(()),
                }
            }
            Mismatch::HostCalls { expected, actual } => {
                writeln!(f, "host calls (- expected, + actual)")?;
                indented(f, &diff::lists(expected, actual))
            }
            Mismatch::NoSuchCall { call, after } => {
                let after = after.as_ref().map_or_else(String::new, |after| format!(" after {after}"));
                writeln!(f, "host calls")?;
                writeln!(f, "  expected: {call}{after}")?;
                writeln!(f, "  actual:   no such call among {} recorded", self.observation.calls.len())
            }
            Mismatch::UnwantedCall { wanted, actual } => {
                writeln!(f, "host calls")?;
                writeln!(f, "  expected: never {wanted}")?;
                writeln!(f, "  actual:   {actual}")
            }
            Mismatch::Printed { invoke, expected, actual } => {
                writeln!(f, "stdout of {invoke} (- expected, + actual)")?;
                indented(f, &diff::bytes(expected.as_bytes(), actual))
            }
            Mismatch::HandlesLeft { expected, actual } => {
                writeln!(f, "remaining handles")?;
                writeln!(f, "  expected: {}", expected_handles(expected))?;
                let answered = &self.observation.answered_left;
                match actual {
                    Some(actual) if !answered.is_empty() => {
                        writeln!(f, "  actual:   {}", counts(actual))?;
                        writeln!(f, "  not dropped, of the handles returned by the host mock: {}", answered.join(", "))
                    }
                    Some(actual) => writeln!(f, "  actual:   {}", counts(actual)),
                    None => writeln!(
                        f,
                        "  this host does not report handles\n  \
                         help: omit `handles-left`, or restrict `hosts` to hosts that report them"
                    ),
                }
            }
            Mismatch::CallsNotRecorded => {
                writeln!(f, "host calls")?;
                if self.observation.calls.is_empty() {
                    writeln!(
                        f,
                        "  this host does not record its calls\n  \
                             help: omit `host-calls`, or set `hosts` to hosts that record them"
                    )
                } else {
                    writeln!(
                        f,
                        "  this host records only the calls that the case answers (below)\n  help: expect some \
                         of these (`host-calls = {{ at-least = [..] }}`), or set `hosts` to hosts \
                         that record all calls"
                    )
                }
            }
            Mismatch::NothingChecked { why } => {
                writeln!(f, "`sanitize` checked nothing: {why}")?;
                writeln!(f, "  help: omit `sanitize` here, or skip this trial with `[[skip]]`")
            }
            Mismatch::OtherFailure(OtherFailure { expected, actual }) => {
                writeln!(f, "expected failure, but it failed in a different way")?;
                writeln!(f, "  expected: {expected}")?;
                writeln!(f, "  actual:   {actual}")
            }
            Mismatch::Violation(violation) => {
                writeln!(f, "{violation}")?;
                violation.details().iter().try_for_each(|line| writeln!(f, "  {line}"))
            }
            Mismatch::Imports { expected, actual } => {
                writeln!(f, "imports of the component (- expected, + actual)")?;
                indented(f, &diff::lists(expected, actual))
            }
            Mismatch::Files { expected, actual } => {
                writeln!(f, "files (- expected, + actual)")?;
                indented(f, &diff::lists(expected, actual))
            }
            Mismatch::UnwantedImports { word, actual } => {
                writeln!(f, "imports of the component")?;
                writeln!(f, "  expected: none with `{word}` in its name")?;
                writeln!(f, "  actual:   {}", actual.join(", "))
            }
            Mismatch::Versions { namespace, interfaces } => {
                writeln!(f, "versions of `{namespace}`")?;
                writeln!(f, "  expected: one")?;
                writeln!(f, "  actual:   {}", interfaces.join(", "))
            }
            Mismatch::PagesGrown { expected: [least, most], actual } => {
                writeln!(f, "memory growth in pages")?;
                writeln!(f, "  expected: {least} to {most}")?;
                writeln!(f, "  actual:   {actual} (initial: {})", self.observation.pages_initial)
            }
            Mismatch::Unreadable { key, message } => writeln!(f, "`{key}` cannot be compared: {message}"),
        }
    }

    /// Writes the calls that returned, if a later one did not.
    fn returned(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.observation.outcome == Outcome::Returned || self.observation.returned.is_empty() {
            return Ok(());
        }
        writeln!(f, "\ncalls that returned before:")?;
        for returned in &self.observation.returned {
            match &returned.value {
                Some(value) => writeln!(f, "  {} -> {value}", returned.invoke)?,
                None => writeln!(f, "  {}", returned.invoke)?,
            }
        }
        Ok(())
    }

    fn calls(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let compared = self.mismatches.iter().any(|mismatch| matches!(mismatch, Mismatch::HostCalls { .. }));
        let calls = &self.observation.calls;
        if compared || calls.is_empty() {
            return Ok(());
        }
        let all = calls.len() as u64 + self.observation.calls_dropped;
        let last = &calls[calls.len().saturating_sub(LAST_CALLS)..];
        match self.observation.calls_dropped {
            0 => writeln!(f, "\nlast host calls ({} of {all}):", last.len())?,
            _ => writeln!(f, "\nlast recorded host calls ({} of {all}):", last.len())?,
        }
        for call in last {
            writeln!(f, "  {call}")?;
        }
        Ok(())
    }

    /// Writes the last calls across the core boundary, if they were recorded.
    fn core_calls(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let in_diff = |mismatch: &Mismatch| matches!(mismatch, Mismatch::Bytes { stream: Stream::CoreCalls, .. });
        let calls = &self.observation.core_calls;
        if calls.is_empty() || self.observation.trace.is_some() || self.mismatches.iter().any(in_diff) {
            return Ok(());
        }
        let all = calls.len() as u64 + self.observation.core_calls_dropped;
        let last = &calls[calls.len().saturating_sub(LAST_CALLS)..];
        writeln!(f, "\nlast calls across the core boundary ({} of {all}):", last.len())?;
        for call in last {
            writeln!(f, "  {call}")?;
        }
        Ok(())
    }

    /// Writes the last calls across both boundaries, if the run was traced.
    fn trace(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(trace) = &self.observation.trace else { return Ok(()) };
        let lines = trace::lines(trace);
        let last = &lines[lines.len().saturating_sub(LAST_TRACED)..];
        writeln!(f, "\ntrace (last {} of {} calls):", last.len(), lines.len())?;
        for line in last {
            writeln!(f, "  {line}")?;
        }
        Ok(())
    }

    /// Writes a stream that no diff shows.
    fn stream(&self, f: &mut fmt::Formatter<'_>, name: &str, stream: Stream, bytes: &[u8]) -> fmt::Result {
        let in_diff =
            |mismatch: &Mismatch| matches!(mismatch, Mismatch::Bytes { stream: other, .. } if *other == stream);
        if bytes.is_empty() || self.mismatches.iter().any(in_diff) {
            return Ok(());
        }
        writeln!(f, "\n{name}:")?;
        indented(f, &diff::tail(bytes))
    }
}

/// Formats the expected number of remaining handles.
pub(crate) fn expected_handles(expected: &Handles) -> String {
    match expected {
        Handles::All(count) => count.to_string(),
        Handles::Each(each) => counts(each),
    }
}

/// Formats counts: `descriptor 1, input-stream 2`.
pub(crate) fn counts(each: &BTreeMap<String, u64>) -> String {
    let counts: Vec<String> = each.iter().map(|(name, count)| format!("{name} {count}")).collect();
    if counts.is_empty() { "none".into() } else { counts.join(", ") }
}

/// Indents the continuation lines of a text that follows a label.
fn continued(text: &str) -> String {
    text.replace('\n', "\n    ")
}

fn indented(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    for line in text.lines() {
        if line.is_empty() { writeln!(f)? } else { writeln!(f, "  {line}")? }
    }
    Ok(())
}
