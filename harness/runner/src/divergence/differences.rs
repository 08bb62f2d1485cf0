//! Differences between two observations of a case.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::lines::{self, changes};
use crate::observation::{FileState, Observation, Returned};

/// Maximum difference in seconds between equal file times. Files written in a run have the system's time.
const SAME_TIME: u64 = 600;

/// Minimum number of consecutive files that are reported as one difference.
const MANY_FILES: usize = 4;

/// Maximum length in bytes of reported file contents. Longer contents are reported as a hash.
const MOST_BYTES: usize = 200;

/// Single difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Aspect that differs.
    #[serde(rename = "in")]
    pub place: Place,
    /// Line number from 1 in the baseline, for differences in lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// Baseline value. `None` if absent.
    pub baseline: Option<String>,
    /// Candidate value. `None` if absent.
    pub candidate: Option<String>,
}

/// Aspect of an observation that can differ.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Place {
    /// End of the run, without backtraces.
    Outcome,
    /// Line of standard output.
    Stdout,
    /// Line of standard error.
    Stderr,
    /// Result of a call of an export, by call.
    Result(String),
    /// File system entry at a path after the run.
    File(String),
    /// Call across the core boundary, if interposers report those on both sides.
    CoreCalls,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Outcome => f.write_str("outcome"),
            Place::Stdout => f.write_str("stdout"),
            Place::Stderr => f.write_str("stderr"),
            Place::Result(call) => write!(f, "result {call}"),
            Place::File(path) => write!(f, "file {path}"),
            Place::CoreCalls => f.write_str("core-calls"),
        }
    }
}

impl From<Place> for String {
    fn from(place: Place) -> String {
        place.to_string()
    }
}

impl TryFrom<String> for Place {
    type Error = String;

    fn try_from(text: String) -> Result<Place, String> {
        text.parse()
    }
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Place, String> {
        let fixed = [Place::Outcome, Place::Stdout, Place::Stderr, Place::CoreCalls];
        if let Some(place) = fixed.into_iter().find(|place| place.to_string() == text) {
            return Ok(place);
        }
        match text.split_once(' ') {
            Some(("result", call)) if !call.is_empty() => Ok(Place::Result(call.to_string())),
            Some(("file", path)) if !path.is_empty() => Ok(Place::File(path.to_string())),
            _ => Err(format!(
                "unknown place `{text}`: expected `outcome`, `stdout`, `stderr`, `core-calls`, `result CALL` or `file PATH`"
            )),
        }
    }
}

/// Returns all differences between two observations, ordered by [`Place`] and line. `clock` is the time of the runs in
/// seconds since 1970; files with about this time were written by the runs.
pub fn differences(baseline: &Observation, candidate: &Observation, clock: i64) -> Vec<Difference> {
    let mut found = Vec::new();
    let [baseline_end, candidate_end] =
        [baseline, candidate].map(|state| lines::text(state.outcome.to_string().as_bytes()));
    if baseline_end != candidate_end {
        found.push(Difference {
            place: Place::Outcome,
            line: None,
            baseline: Some(baseline_end),
            candidate: Some(candidate_end),
        });
    }
    in_lines(&mut found, Place::Stdout, &baseline.stdout, &candidate.stdout);
    in_lines(&mut found, Place::Stderr, &baseline.stderr, &candidate.stderr);
    results(&mut found, &baseline.returned, &candidate.returned);
    files(&mut found, baseline.files.as_ref(), candidate.files.as_ref(), clock);
    if !baseline.core_calls.is_empty() && !candidate.core_calls.is_empty() {
        let joined = |calls: &[String]| calls.iter().map(|call| format!("{call}\n")).collect::<String>();
        let [baseline, candidate] = [&baseline.core_calls, &candidate.core_calls].map(|calls| joined(calls));
        in_lines(&mut found, Place::CoreCalls, baseline.as_bytes(), candidate.as_bytes());
    }
    found
}

fn in_lines(found: &mut Vec<Difference>, place: Place, baseline: &[u8], candidate: &[u8]) {
    found.extend(changes(baseline, candidate).into_iter().map(|change| Difference {
        place: place.clone(),
        line: Some(change.line),
        baseline: change.baseline,
        candidate: change.candidate,
    }));
}

/// Compares call by call. Both sides make the same calls; a call that ends the guest is the last one.
fn results(found: &mut Vec<Difference>, baseline: &[Returned], candidate: &[Returned]) {
    for number in 0..baseline.len().max(candidate.len()) {
        let call = |side: &[Returned]| side.get(number).map(|returned| returned.invoke.clone());
        let value = |side: &[Returned]| {
            side.get(number).map(|returned| returned.value.clone().unwrap_or_else(|| "no result".to_string()))
        };
        let (baseline_value, candidate_value) = (value(baseline), value(candidate));
        if let (true, Some(call)) = (baseline_value != candidate_value, call(baseline).or(call(candidate))) {
            found.push(Difference {
                place: Place::Result(call),
                line: None,
                baseline: baseline_value,
                candidate: candidate_value,
            });
        }
    }
}

type Tree = BTreeMap<String, FileState>;

/// Compares files. Consecutive files with the same difference are combined.
fn files(found: &mut Vec<Difference>, baseline: Option<&Tree>, candidate: Option<&Tree>, clock: i64) {
    let none = Tree::new();
    let (baseline, candidate) = (baseline.unwrap_or(&none), candidate.unwrap_or(&none));
    let paths: BTreeSet<&String> = baseline.keys().chain(candidate.keys()).collect();
    let paths: Vec<(&String, [Option<String>; 2])> =
        paths.into_iter().map(|path| (path, entries([baseline.get(path), candidate.get(path)], clock))).collect();
    for row in paths.chunk_by(|(_, a), (_, b)| a == b).filter(|row| row[0].1[0] != row[0].1[1]) {
        let places = match row {
            [(first, _), .., (last, _)] if row.len() >= MANY_FILES => {
                vec![format!("{first} to {last} ({} files)", row.len())]
            }
            _ => row.iter().map(|(path, _)| path.to_string()).collect(),
        };
        let [baseline, candidate] = &row[0].1;
        found.extend(places.into_iter().map(|path| Difference {
            place: Place::File(path),
            line: None,
            baseline: baseline.clone(),
            candidate: candidate.clone(),
        }));
    }
}

/// Describes an entry on both sides. Times are included only if nothing else differs.
fn entries(sides: [Option<&FileState>; 2], clock: i64) -> [Option<String>; 2] {
    let texts = sides.map(|state| state.map(entry));
    let times = sides.map(|state| state.and_then(modified));
    match (times, texts) {
        ([Some(baseline), Some(candidate)], [Some(text), Some(other)])
            if text == other && baseline.abs_diff(candidate) > SAME_TIME =>
        {
            let time = |seconds: i64| match seconds.abs_diff(clock) {
                ..=SAME_TIME => "modified in the run".to_string(),
                _ => format!("modified {seconds} s after 1970"),
            };
            [baseline, candidate].map(|seconds| Some(format!("{text}, {}", time(seconds))))
        }
        (_, texts) => texts,
    }
}

fn modified(state: &FileState) -> Option<i64> {
    match state {
        FileState::File { modified, .. } | FileState::Folder { modified, .. } => Some(*modified),
        FileState::Link { .. } | FileState::Other => None,
    }
}

fn entry(state: &FileState) -> String {
    match state {
        FileState::File { content, mode, .. } => format!("{}, mode {mode:04o}", bytes(content)),
        FileState::Folder { mode, .. } => format!("directory, mode {mode:04o}"),
        FileState::Link { to } => format!("link to {}", lines::text(to.as_bytes())),
        FileState::Other => "neither a file, a directory nor a link".to_string(),
    }
}

fn bytes(content: &[u8]) -> String {
    if content.len() <= MOST_BYTES {
        return format!("\"{}\"", lines::text(content));
    }
    let digits: String = Sha256::digest(content)[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{} bytes, hash {digits}", content.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{Frame, Outcome, TrapInfo};

    const CLOCK: i64 = 1_000_000;

    fn found(baseline: &Observation, candidate: &Observation) -> Vec<String> {
        let shown = |value: Option<String>| value.unwrap_or_else(|| "-".to_string());
        let line = |difference: Difference| {
            format!("{}: {} | {}", difference.place, shown(difference.baseline), shown(difference.candidate))
        };
        differences(baseline, candidate, CLOCK).into_iter().map(line).collect()
    }

    fn returned(value: Option<&str>) -> Returned {
        Returned { invoke: "f(1)".to_string(), value: value.map(str::to_string), printed: Vec::new() }
    }

    #[test]
    fn backtraces_are_not_compared() {
        let trap = |function: &str| {
            let frame =
                Frame { module: None, function: function.to_string(), offset: None, source: None, inlined: false };
            Observation::of(Outcome::Trap(TrapInfo { message: "unreachable".to_string(), frames: vec![frame] }))
        };
        assert!(found(&trap("a"), &trap("b")).is_empty());
        assert_eq!(found(&Observation::of(Outcome::Returned), &trap("b")), ["outcome: returned | trap: unreachable"]);
        assert_eq!(
            found(&Observation::of(Outcome::Returned), &Observation::of(Outcome::Exit(0))),
            ["outcome: returned | exit 0"]
        );
    }

    #[test]
    fn every_stream_and_result_is_compared() {
        let mut baseline = Observation::of(Outcome::Returned);
        let mut candidate = baseline.clone();
        baseline.stdout = b"a\nb\n".to_vec();
        candidate.stdout = b"a\nc\n".to_vec();
        candidate.stderr = b"x\n".to_vec();
        baseline.returned = vec![returned(Some("1")), returned(None)];
        candidate.returned = vec![returned(Some("2"))];
        assert_eq!(
            found(&baseline, &candidate),
            ["stdout: b | c", "stderr: - | x", "result f(1): 1 | 2", "result f(1): no result | -"]
        );
    }

    #[test]
    fn core_calls_are_compared_where_both_sides_report_them() {
        let mut baseline = Observation::of(Outcome::Returned);
        let mut candidate = baseline.clone();
        baseline.core_calls = vec!["p.f(1) -> 0".to_string()];
        assert!(found(&baseline, &candidate).is_empty());
        candidate.core_calls = vec!["p.f(1) -> 8".to_string()];
        assert_eq!(found(&baseline, &candidate), ["core-calls: p.f(1) -> 0 | p.f(1) -> 8"]);
    }

    #[test]
    fn files_differ_in_content_kind_mode_and_far_off_times() {
        let file = |content: &str, mode, modified| FileState::File { content: content.into(), mode, modified };
        let with = |files: &[(&str, FileState)]| {
            let files = files.iter().map(|(path, state)| (path.to_string(), state.clone())).collect();
            Observation { files: Some(files), ..Observation::of(Outcome::Returned) }
        };
        let baseline = with(&[("a", file("1", 0o644, 5)), ("b", file("x", 0o644, 1000)), ("d", FileState::Other)]);
        let candidate =
            with(&[("a", file("1", 0o644, 9)), ("b", file("x", 0o644, CLOCK + 7)), ("c", file("", 0o600, 0))]);
        assert_eq!(
            found(&baseline, &candidate),
            [
                "file b: \"x\", mode 0644, modified 1000 s after 1970 | \"x\", mode 0644, modified in the run",
                "file c: - | \"\", mode 0600",
                "file d: neither a file, a directory nor a link | -",
            ]
        );
        let [long, other] = ["x", "y"].map(|text| with(&[("a", file(&text.repeat(300), 0o644, 0))]));
        assert!(found(&long, &other)[0].starts_with("file a: 300 bytes, hash "));
    }

    #[test]
    fn many_files_with_the_same_difference_are_combined() {
        let names = ["a", "b", "c", "d"];
        let with = |names: &[&str]| {
            let files = names.iter().map(|name| (name.to_string(), FileState::Other)).collect();
            Observation { files: Some(files), ..Observation::of(Outcome::Returned) }
        };
        let other = "neither a file, a directory nor a link";
        assert_eq!(found(&with(&names), &with(&[])), [format!("file a to d (4 files): {other} | -")]);
        assert_eq!(found(&with(&names), &with(&["b"])).len(), 3);
    }

    #[test]
    fn places_round_trip() {
        for text in ["outcome", "stdout", "stderr", "core-calls", "result f(1, 2)", "file a/b c"] {
            assert_eq!(text.parse::<Place>().map(|place| place.to_string()), Ok(text.to_string()));
        }
        for text in ["", "errno", "file ", "result"] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }
}
