//! Two observations of a case -> in what they differ.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::lines::{self, changes};
use crate::observation::{Observation, Returned, Seen};

/// Two times of files are the same, in seconds: those of what is written in a run are the system's, and of two runs.
const SAME_TIME: u64 = 600;

/// So many files in a row are told at once.
const MANY_FILES: usize = 4;

/// Bytes of a file that are told; of a longer one, a hash is.
const MOST_BYTES: usize = 200;

/// One thing that is not the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What it is of.
    #[serde(rename = "in")]
    pub place: Place,
    /// The line, counted from 1, where it is of lines: that of the first side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// On the first side; `None` where there is nothing.
    pub old: Option<String>,
    /// On the second side.
    pub new: Option<String>,
}

/// What can differ.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Place {
    /// How the run ended, backtraces aside.
    Outcome,
    /// A line of standard output.
    Stdout,
    /// A line of standard error.
    Stderr,
    /// What a call of an export gave, by the call.
    Result(String),
    /// What is at a path afterwards.
    File(String),
    /// A call across the core boundary, where interposers report them on both sides.
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
                "`{text}` is none of `outcome`, `stdout`, `stderr`, `core-calls`, `result CALL` and `file PATH`"
            )),
        }
    }
}

/// Everything in which two observations differ, in the order of [`Place`] and of lines. `clock` is the time of the runs in
/// seconds since 1970: files that are as new were written by them.
pub fn differences(old: &Observation, new: &Observation, clock: i64) -> Vec<Difference> {
    let mut found = Vec::new();
    let [old_end, new_end] = [old, new].map(|seen| lines::text(seen.outcome.to_string().as_bytes()));
    if old_end != new_end {
        found.push(Difference { place: Place::Outcome, line: None, old: Some(old_end), new: Some(new_end) });
    }
    in_lines(&mut found, Place::Stdout, &old.stdout, &new.stdout);
    in_lines(&mut found, Place::Stderr, &old.stderr, &new.stderr);
    results(&mut found, &old.returned, &new.returned);
    files(&mut found, old.files.as_ref(), new.files.as_ref(), clock);
    if !old.core_calls.is_empty() && !new.core_calls.is_empty() {
        let joined = |calls: &[String]| calls.iter().map(|call| format!("{call}\n")).collect::<String>();
        let [old, new] = [&old.core_calls, &new.core_calls].map(|calls| joined(calls));
        in_lines(&mut found, Place::CoreCalls, old.as_bytes(), new.as_bytes());
    }
    found
}

fn in_lines(found: &mut Vec<Difference>, place: Place, old: &[u8], new: &[u8]) {
    found.extend(changes(old, new).into_iter().map(|change| Difference {
        place: place.clone(),
        line: Some(change.line),
        old: change.old,
        new: change.new,
    }));
}

/// Call by call; both sides make the same ones, and the one that ends the guest is the last.
fn results(found: &mut Vec<Difference>, old: &[Returned], new: &[Returned]) {
    for number in 0..old.len().max(new.len()) {
        let call = |side: &[Returned]| side.get(number).map(|returned| returned.invoke.clone());
        let value = |side: &[Returned]| {
            side.get(number).map(|returned| returned.value.clone().unwrap_or_else(|| "no result".to_string()))
        };
        let (old_value, new_value) = (value(old), value(new));
        if let (true, Some(call)) = (old_value != new_value, call(old).or(call(new))) {
            found.push(Difference { place: Place::Result(call), line: None, old: old_value, new: new_value });
        }
    }
}

type Tree = BTreeMap<String, Seen>;

/// Files in a row that differ in the same way are told at once.
fn files(found: &mut Vec<Difference>, old: Option<&Tree>, new: Option<&Tree>, clock: i64) {
    let none = Tree::new();
    let (old, new) = (old.unwrap_or(&none), new.unwrap_or(&none));
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let paths: Vec<(&String, [Option<String>; 2])> =
        paths.into_iter().map(|path| (path, entries([old.get(path), new.get(path)], clock))).collect();
    for row in paths.chunk_by(|(_, a), (_, b)| a == b).filter(|row| row[0].1[0] != row[0].1[1]) {
        let places = match row {
            [(first, _), .., (last, _)] if row.len() >= MANY_FILES => {
                vec![format!("{first} to {last} ({} files)", row.len())]
            }
            _ => row.iter().map(|(path, _)| path.to_string()).collect(),
        };
        let [old, new] = &row[0].1;
        found.extend(places.into_iter().map(|path| Difference {
            place: Place::File(path),
            line: None,
            old: old.clone(),
            new: new.clone(),
        }));
    }
}

/// What is at a path, on both sides. Times are told where nothing else differs.
fn entries(sides: [Option<&Seen>; 2], clock: i64) -> [Option<String>; 2] {
    let texts = sides.map(|seen| seen.map(entry));
    let times = sides.map(|seen| seen.and_then(modified));
    match (times, texts) {
        ([Some(old), Some(new)], [Some(text), Some(other)]) if text == other && old.abs_diff(new) > SAME_TIME => {
            let time = |seconds: i64| match seconds.abs_diff(clock) {
                ..=SAME_TIME => "modified in the run".to_string(),
                _ => format!("modified {seconds} s after 1970"),
            };
            [old, new].map(|seconds| Some(format!("{text}, {}", time(seconds))))
        }
        (_, texts) => texts,
    }
}

fn modified(seen: &Seen) -> Option<i64> {
    match seen {
        Seen::File { modified, .. } | Seen::Folder { modified, .. } => Some(*modified),
        Seen::Link { .. } | Seen::Other => None,
    }
}

fn entry(seen: &Seen) -> String {
    match seen {
        Seen::File { content, mode, .. } => format!("{}, mode {mode:04o}", bytes(content)),
        Seen::Folder { mode, .. } => format!("folder, mode {mode:04o}"),
        Seen::Link { to } => format!("link to {}", lines::text(to.as_bytes())),
        Seen::Other => "neither a file, a folder nor a link".to_string(),
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

    fn found(old: &Observation, new: &Observation) -> Vec<String> {
        let shown = |value: Option<String>| value.unwrap_or_else(|| "-".to_string());
        let line = |difference: Difference| {
            format!("{}: {} | {}", difference.place, shown(difference.old), shown(difference.new))
        };
        differences(old, new, CLOCK).into_iter().map(line).collect()
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
        let mut old = Observation::of(Outcome::Returned);
        let mut new = old.clone();
        old.stdout = b"a\nb\n".to_vec();
        new.stdout = b"a\nc\n".to_vec();
        new.stderr = b"x\n".to_vec();
        old.returned = vec![returned(Some("1")), returned(None)];
        new.returned = vec![returned(Some("2"))];
        assert_eq!(
            found(&old, &new),
            ["stdout: b | c", "stderr: - | x", "result f(1): 1 | 2", "result f(1): no result | -"]
        );
    }

    #[test]
    fn core_calls_are_compared_where_both_sides_report_them() {
        let mut old = Observation::of(Outcome::Returned);
        let mut new = old.clone();
        old.core_calls = vec!["p.f(1) -> 0".to_string()];
        assert!(found(&old, &new).is_empty());
        new.core_calls = vec!["p.f(1) -> 8".to_string()];
        assert_eq!(found(&old, &new), ["core-calls: p.f(1) -> 0 | p.f(1) -> 8"]);
    }

    #[test]
    fn files_differ_in_content_kind_mode_and_far_off_times() {
        let file = |content: &str, mode, modified| Seen::File { content: content.into(), mode, modified };
        let with = |files: &[(&str, Seen)]| {
            let files = files.iter().map(|(path, seen)| (path.to_string(), seen.clone())).collect();
            Observation { files: Some(files), ..Observation::of(Outcome::Returned) }
        };
        let old = with(&[("a", file("1", 0o644, 5)), ("b", file("x", 0o644, 1000)), ("d", Seen::Other)]);
        let new = with(&[("a", file("1", 0o644, 9)), ("b", file("x", 0o644, CLOCK + 7)), ("c", file("", 0o600, 0))]);
        assert_eq!(
            found(&old, &new),
            [
                "file b: \"x\", mode 0644, modified 1000 s after 1970 | \"x\", mode 0644, modified in the run",
                "file c: - | \"\", mode 0600",
                "file d: neither a file, a folder nor a link | -",
            ]
        );
        let [long, other] = ["x", "y"].map(|text| with(&[("a", file(&text.repeat(300), 0o644, 0))]));
        assert!(found(&long, &other)[0].starts_with("file a: 300 bytes, hash "));
    }

    #[test]
    fn many_files_that_differ_in_one_way_are_told_at_once() {
        let names = ["a", "b", "c", "d"];
        let with = |names: &[&str]| {
            let files = names.iter().map(|name| (name.to_string(), Seen::Other)).collect();
            Observation { files: Some(files), ..Observation::of(Outcome::Returned) }
        };
        let other = "neither a file, a folder nor a link";
        assert_eq!(found(&with(&names), &with(&[])), [format!("file a to d (4 files): {other} | -")]);
        assert_eq!(found(&with(&names), &with(&["b"])).len(), 3);
    }

    #[test]
    fn places_are_written_as_they_are_shown() {
        for text in ["outcome", "stdout", "stderr", "core-calls", "result f(1, 2)", "file a/b c"] {
            assert_eq!(text.parse::<Place>().map(|place| place.to_string()), Ok(text.to_string()));
        }
        for text in ["", "errno", "file ", "result"] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }
}
