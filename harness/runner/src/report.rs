//! What a reader of a failing cell gets to see. The same failure gives the same text on every machine.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use polyfill_build::case::{Case, Handles};

use crate::compare::{Golden, Mismatch, Stream};
use crate::diff;
use crate::expected::OtherFailure;
use crate::observation::{Observation, Outcome};
use crate::trace;

/// Host calls that are shown.
const LAST_CALLS: usize = 10;
/// Calls of a trace that are shown.
const LAST_TRACED: usize = 40;

/// Everything about a failing cell.
pub struct Report<'a> {
    /// The case file, relative to the suite's root.
    pub source: &'a str,
    /// The case.
    pub case: &'a Case,
    /// What was seen.
    pub observation: &'a Observation,
    /// What differs from the case.
    pub mismatches: &'a [Mismatch],
    /// Remarks on blessing.
    pub notes: &'a [String],
    /// The command that runs this cell again.
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
        // Where the outcome is what differs, it stands there.
        let tells_outcome = |mismatch: &Mismatch| {
            matches!(mismatch, Mismatch::Outcome { .. } | Mismatch::Bytes { stream: Stream::Error, .. })
        };
        if !self.mismatches.iter().any(tells_outcome) {
            writeln!(f, "\noutcome: {}", self.observation.outcome)?;
            f.write_str(&self.observation.outcome.backtrace())?;
        }
        if self.observation.memory_limit_hit {
            writeln!(f, "\nthe guest asked for more memory than it may have, and was refused")?;
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
        writeln!(f, "\nagain: {}", self.again)
    }
}

impl Report<'_> {
    fn mismatch(&self, f: &mut fmt::Formatter<'_>, mismatch: &Mismatch) -> fmt::Result {
        match mismatch {
            Mismatch::Outcome { expected } => {
                writeln!(f, "outcome")?;
                writeln!(f, "  expected: {expected}")?;
                writeln!(f, "  seen:     {}", continued(&self.observation.outcome.to_string()))?;
                f.write_str(&self.observation.outcome.backtrace())
            }
            Mismatch::Bytes { stream, expected, seen, golden } => {
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
                    Some(Golden { file, exists: false }) => format!(", in {file}, which is not there"),
                };
                writeln!(f, "{name} (- expected{file}, + seen)")?;
                indented(f, &diff::bytes(expected, seen))
            }
            Mismatch::Backtrace { expected, missing } => {
                writeln!(f, "backtrace")?;
                writeln!(f, "  expected: {}", expected.join(", then "))?;
                let after = match missing {
                    0 => String::new(),
                    _ => format!(" after `{}`", expected[missing - 1]),
                };
                writeln!(f, "  seen:     no `{}`{after}", expected[*missing])
            }
            Mismatch::Returned { invoke, expected, seen, note } => {
                writeln!(f, "result of {invoke}")?;
                writeln!(f, "  expected: {expected}")?;
                writeln!(f, "  seen:     {}", seen.as_deref().unwrap_or("no result"))?;
                match note {
                    Some(note) => writeln!(f, "  the expected one is no WAVE: {note}"),
                    None => Ok(()),
                }
            }
            Mismatch::HostCalls { expected, seen } => {
                writeln!(f, "host calls (- expected, + seen)")?;
                indented(f, &diff::lists(expected, seen))
            }
            Mismatch::NoSuchCall { call, after } => {
                let after = after.as_ref().map_or_else(String::new, |after| format!(" after {after}"));
                writeln!(f, "host calls")?;
                writeln!(f, "  expected: {call}{after}")?;
                writeln!(f, "  seen:     none such, of {}", self.observation.calls.len())
            }
            Mismatch::UnwantedCall { wanted, seen } => {
                writeln!(f, "host calls")?;
                writeln!(f, "  expected: never {wanted}")?;
                writeln!(f, "  seen:     {seen}")
            }
            Mismatch::Printed { invoke, expected, seen } => {
                writeln!(f, "stdout of {invoke} (- expected, + seen)")?;
                indented(f, &diff::bytes(expected.as_bytes(), seen))
            }
            Mismatch::HandlesLeft { expected, seen } => {
                writeln!(f, "handles that are left")?;
                writeln!(f, "  expected: {}", expected_handles(expected))?;
                let answered = &self.observation.answered_left;
                match seen {
                    Some(seen) if !answered.is_empty() => {
                        writeln!(f, "  seen:     {}", counts(seen))?;
                        writeln!(f, "  not dropped, of those that the case gave: {}", answered.join(", "))
                    }
                    Some(seen) => writeln!(f, "  seen:     {}", counts(seen)),
                    None => writeln!(
                        f,
                        "  this host does not tell of them: leave out `handles-left`, or name hosts that do"
                    ),
                }
            }
            Mismatch::CallsNotRecorded => {
                writeln!(f, "host calls")?;
                match self.observation.calls.is_empty() {
                    true => {
                        writeln!(
                            f,
                            "  this host does not tell of its calls: leave out `host-calls`, or name hosts that do"
                        )
                    }
                    false => writeln!(
                        f,
                        "  this host records the calls that the case answers, below, and no others\n  help: expect some \
                         of these (`host-calls = {{ at-least = [..] }}`), or name hosts that record all"
                    ),
                }
            }
            Mismatch::NothingChecked { why } => {
                writeln!(f, "sanitize had nothing to check: {why}")?;
                writeln!(f, "  help: leave out `sanitize` here, or `[[exclude]]` this cell")
            }
            Mismatch::OtherFailure(OtherFailure { expected, actual }) => {
                writeln!(f, "it must fail, and fails in another way")?;
                writeln!(f, "  expected: {expected}")?;
                writeln!(f, "  actual:   {actual}")
            }
            Mismatch::Violation(violation) => {
                writeln!(f, "{violation}")?;
                violation.details().iter().try_for_each(|line| writeln!(f, "  {line}"))
            }
            Mismatch::Imports { expected, seen } => {
                writeln!(f, "imports of the component (- expected, + seen)")?;
                indented(f, &diff::lists(expected, seen))
            }
            Mismatch::Files { expected, seen } => {
                writeln!(f, "files (- expected, + seen)")?;
                indented(f, &diff::lists(expected, seen))
            }
            Mismatch::UnwantedImports { word, seen } => {
                writeln!(f, "imports of the component")?;
                writeln!(f, "  expected: none with `{word}` in its name")?;
                writeln!(f, "  seen:     {}", seen.join(", "))
            }
            Mismatch::Versions { namespace, interfaces } => {
                writeln!(f, "versions of `{namespace}`")?;
                writeln!(f, "  expected: one")?;
                writeln!(f, "  seen:     {}", interfaces.join(", "))
            }
            Mismatch::PagesGrown { expected: [least, most], seen } => {
                writeln!(f, "pages by which memory grew")?;
                writeln!(f, "  expected: {least} to {most}")?;
                writeln!(f, "  seen:     {seen}, beside {} at the start", self.observation.pages_initial)
            }
            Mismatch::Unreadable { key, message } => writeln!(f, "`{key}` cannot be compared: {message}"),
        }
    }

    /// The calls that returned, when a later one did not.
    fn returned(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.observation.outcome == Outcome::Returned || self.observation.returned.is_empty() {
            return Ok(());
        }
        writeln!(f, "\nreturned before:")?;
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
            _ => writeln!(f, "\nlast host calls that were kept ({} of {all}):", last.len())?,
        }
        for call in last {
            writeln!(f, "  {call}")?;
        }
        Ok(())
    }

    /// The last calls across the core boundary, where something reports them.
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

    /// The last calls across both boundaries, if the run was traced.
    fn trace(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(trace) = &self.observation.trace else { return Ok(()) };
        let lines = trace::lines(trace);
        let last = &lines[lines.len().saturating_sub(LAST_TRACED)..];
        writeln!(f, "\ntrace (the last {} of {} calls):", last.len(), lines.len())?;
        for line in last {
            writeln!(f, "  {line}")?;
        }
        Ok(())
    }

    /// A stream that no diff shows.
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

/// The handles that a case wants to be left.
pub(crate) fn expected_handles(expected: &Handles) -> String {
    match expected {
        Handles::All(count) => count.to_string(),
        Handles::Each(each) => counts(each),
    }
}

/// `descriptor 1, input-stream 2`.
pub(crate) fn counts(each: &BTreeMap<String, u64>) -> String {
    let counts: Vec<String> = each.iter().map(|(name, count)| format!("{name} {count}")).collect();
    if counts.is_empty() { "none".into() } else { counts.join(", ") }
}

/// Further lines of a text that begins behind a heading.
fn continued(text: &str) -> String {
    text.replace('\n', "\n    ")
}

fn indented(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    for line in text.lines() {
        match line.is_empty() {
            true => writeln!(f)?,
            false => writeln!(f, "  {line}")?,
        }
    }
    Ok(())
}
