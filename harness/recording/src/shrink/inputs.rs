//! Reduction of the case: arguments, environment variables, files and standard input that the failure does not need.
//! Requires runs on a host, which provides these inputs to the guest.

use std::ops::Range;

use polyfill_builder::case::{Bytes, Case, Pieces, Stdin};
use polyfill_builder::tree::Entry;
use polyfill_runner::{Engine, Failed, FailedKind, Host, Observation};

use super::{Goal, MORE_TIME, PATIENCE, ShrinkError, is_same_place};
use crate::format::Recording;
use crate::replay::{ReplayError, ReplayOptions, replay};
use crate::verdict::{self, Kept};

/// Shrinks the case while the run on that host fails in the same way. The trace of the result is that of the smaller
/// run. Calls `progress` with the number of parts left to try.
///
/// # Errors
///
/// Returns an error if the recording cannot be replayed on the host, or the run on the host does not fail as recorded.
pub fn shrink_case(
    recording: &Recording,
    engine: &Engine,
    host: &dyn Host,
    goal: Goal,
    mut progress: impl FnMut(&str, usize),
) -> Result<Recording, ShrinkError> {
    let start = std::time::Instant::now();
    let with = |case: &Case| {
        let mut other = recording.clone();
        other.about.case = case.clone();
        other
    };
    let on_host = ReplayOptions { host: Some(host), limits: goal.limits, ..ReplayOptions::default() };
    let whole = replay(recording, engine, on_host)?;
    let kept = Kept::of(recording, whole.sight, &whole.observation);
    let outcome = &whole.observation.outcome;
    if !is_same_place(&recording.about.outcome, outcome) || !kept.is_in(&whole.failed_now, &whole.observation) {
        return Err(ShrinkError::NotTheSame);
    }
    // If no failure is known, or only a missing effect, preserve all effects of the run.
    let is_wrong = |failed: &Failed| failed.actual.is_some() && failed.kind != FailedKind::Outcome;
    let all = outcome.frames().is_empty() && kept.stderr.is_none() && !kept.failed.iter().any(is_wrong);
    let left = |run: &Observation| (run.stdout.clone(), run.stderr.clone(), run.files.clone(), run.returned.clone());
    let patience = start.elapsed().saturating_mul(MORE_TIME).max(PATIENCE);
    let holds = |case: &Case| -> Result<bool, ReplayError> {
        let tried = replay(&with(case), engine, ReplayOptions { most: Some(patience), ..on_host });
        let tried = match tried {
            // The smaller case can be invalid, for example with a preopened directory that no longer exists.
            Err(ReplayError::Case(_)) => return Ok(false),
            tried => tried?,
        };
        let observation = &tried.observation;
        let is_kept =
            kept.is_in(&tried.failed_now, observation) && (!all || left(observation) == left(&whole.observation));
        Ok(is_kept && is_same_place(outcome, &observation.outcome))
    };
    let mut case = recording.about.case.clone();
    let mut at = 0;
    loop {
        let parts = parts(&case);
        let Some(part) = parts.get(at).filter(|_| start.elapsed() < goal.most) else { break };
        progress("parts of the case", parts.len() - at);
        let tried = without(&case, part);
        if holds(&tried)? {
            case = tried;
        } else {
            at += 1;
        }
    }
    let mut smaller = with(&case);
    let outcomes = replay(&smaller, engine, on_host)?;
    let observation = outcomes.observation;
    smaller.about.outcome = observation.outcome;
    smaller.about.returned = observation.returned;
    (smaller.about.stdout, smaller.about.stderr) = (observation.stdout, observation.stderr);
    smaller.trace = observation.trace.unwrap_or_default();
    verdict::renew(&mut smaller.about);
    Ok(smaller)
}

/// A removable part of a case.
#[derive(Clone, Debug, PartialEq)]
enum Part {
    Stdin,
    EnvSeries,
    /// A file, or a directory with its contents.
    File(String),
    Variable(String),
    Argument(usize),
    /// The contents of a file.
    Content(String),
    /// One chunk of standard input.
    Piece(usize),
    /// A range of bytes of standard input.
    Bytes(Range<usize>),
}

/// Returns all removable parts of a case. Removing a part leaves the parts after it unchanged, so that each is tried
/// once.
fn parts(case: &Case) -> Vec<Part> {
    let mut parts = Vec::new();
    parts.extend(case.stdin.iter().map(|_| Part::Stdin));
    parts.extend(case.env_series.iter().map(|_| Part::EnvSeries));
    parts.extend(case.files.keys().cloned().map(Part::File));
    parts.extend(case.env.keys().cloned().map(Part::Variable));
    parts.extend((0..case.args.len()).map(Part::Argument));
    let is_full = |entry: &Entry| entry.content().is_some_and(|content| *content != nothing());
    parts.extend(case.files.iter().filter(|(_, entry)| is_full(entry)).map(|(path, _)| Part::Content(path.clone())));
    match &case.stdin {
        Some(Stdin::Pieces(Pieces { pieces })) => parts.extend((0..pieces.len()).map(Part::Piece)),
        Some(Stdin::All(bytes)) => parts.extend(text(bytes).iter().flat_map(|text| ranges(text)).map(Part::Bytes)),
        Some(Stdin::Closed(_)) | None => {}
    }
    parts
}

/// Returns the case without that part.
fn without(case: &Case, part: &Part) -> Case {
    let mut case = case.clone();
    match part {
        Part::Stdin => case.stdin = None,
        Part::EnvSeries => case.env_series = None,
        Part::File(path) => {
            let within = format!("{path}/");
            case.files.retain(|other, _| other != path && !other.starts_with(&within));
        }
        Part::Variable(name) => drop(case.env.remove(name)),
        Part::Argument(at) => drop(case.args.remove(*at)),
        Part::Content(path) => drop(case.files.insert(path.clone(), Entry::File(nothing()))),
        Part::Piece(at) => {
            if let Some(Stdin::Pieces(Pieces { pieces })) = &mut case.stdin {
                pieces.remove(*at);
            }
        }
        Part::Bytes(range) => {
            if let Some(Stdin::All(bytes)) = &case.stdin
                && let Some(mut text) = text(bytes)
            {
                text.replace_range(range.clone(), "");
                case.stdin = Some(Stdin::All(Bytes::Text(text)));
            }
        }
    }
    case
}

fn nothing() -> Bytes {
    Bytes::Text(String::new())
}

/// Returns standard input if it is text. Text stays text, so that the case remains readable.
fn text(bytes: &Bytes) -> Option<String> {
    bytes.read().ok().flatten().and_then(|bytes| String::from_utf8(bytes).ok())
}

/// Returns the halves of a text, the quarters, and so on.
fn ranges(text: &str) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    let mut size = text.len() / 2;
    while size > 0 {
        for start in (0..text.len()).step_by(size) {
            let end = (start + size).min(text.len());
            if text.is_char_boundary(start) && text.is_char_boundary(end) {
                all.push(start..end);
            }
        }
        // In a long text, the last few bytes are not worth the additional runs.
        size = if text.len() / size < MOST_PARTS { size / 2 } else { 0 };
    }
    all
}

/// Number of parts of the finest division of standard input.
const MOST_PARTS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use polyfill_builder::tree::Tree;

    #[test]
    fn each_part_of_a_case_can_be_removed() {
        let case = Case {
            args: ["one", "two"].map(String::from).to_vec(),
            stdin: Some(Stdin::All(Bytes::Text("abcd".into()))),
            files: Tree::from(
                [("d/f", "x"), ("d", ""), ("e", "")]
                    .map(|(path, content)| (path.to_string(), Entry::File(Bytes::Text(content.into())))),
            ),
            ..Case::default()
        };
        let all: Vec<Case> = parts(&case).iter().map(|part| without(&case, part)).collect();
        assert_eq!(all[0].stdin, None);
        // `d` with its contents, `d/f` alone, and `e`.
        assert_eq!(all[1..4].iter().map(|case| case.files.len()).collect::<Vec<_>>(), [1, 2, 2]);
        assert_eq!([&all[4].args, &all[5].args], [&["two"], &["one"]]);
        // Contents of the file, halves of standard input, and quarters.
        assert_eq!(all.len(), 6 + 1 + 2 + 4);
        assert_eq!(all[7].stdin, Some(Stdin::All(Bytes::Text("cd".into()))));
        assert!(parts(&Case::default()).is_empty());
    }
}
