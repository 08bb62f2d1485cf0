//! Aligned calls of two sides across a boundary, with their first divergence.

use std::fmt;

use serde::Serialize;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::observation::Observation;
use crate::trace::line;

/// Maximum number of aligned calls per side. Later calls are ignored.
const MOST_CALLS: usize = 2000;

/// Number of listed calls before the first divergence, and from there on.
const BEFORE: usize = 3;
const AFTER: usize = 8;

/// Maximum length in characters of a listed call.
const MOST_CHARS: usize = 70;

/// For long calls that diverge late: number of characters kept at the start and before the divergence.
const HEAD: usize = 32;
const BEFORE_PART: usize = 10;

/// Differing calls of both sides around the first divergence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listing {
    /// Number of the first row among all rows, from 1.
    pub from: usize,
    /// Index of the first divergence in `rows`.
    pub first: usize,
    /// Calls side by side. `None` if a side makes no call there.
    pub rows: Vec<[Option<String>; 2]>,
    /// Number of further rows.
    pub more: usize,
}

impl Listing {
    /// Compares calls across the core boundary. Returns `None` if a side reports no calls or both report the same ones.
    pub fn core(baseline: &Observation, candidate: &Observation) -> Option<Listing> {
        Listing::of(&baseline.core_calls, &candidate.core_calls)
    }

    /// Compares calls of the host if both runs have a trace. Interface versions are ignored, because they differ by
    /// adapter.
    pub fn host(baseline: &Observation, candidate: &Observation) -> Option<Listing> {
        let calls = |observation: &Observation| -> Option<Vec<String>> {
            Some(observation.trace.as_ref()?.imports().map(|event| unversioned(&line(event))).collect())
        };
        Listing::of(&calls(baseline)?, &calls(candidate)?)
    }

    fn of(baseline: &[String], candidate: &[String]) -> Option<Listing> {
        if baseline.is_empty() || candidate.is_empty() || baseline == candidate {
            return None;
        }
        let rows = aligned(&baseline[..baseline.len().min(MOST_CALLS)], &candidate[..candidate.len().min(MOST_CALLS)]);
        let first = rows.iter().position(|[baseline, candidate]| baseline != candidate)?;
        let from = first.saturating_sub(BEFORE);
        let to = rows.len().min(first + AFTER);
        Some(Listing { from: from + 1, first: first - from, more: rows.len() - to, rows: rows[from..to].to_vec() })
    }
}

fn aligned(baseline: &[String], candidate: &[String]) -> Vec<[Option<String>; 2]> {
    let mut rows = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, baseline, candidate) {
        let (baseline, candidate) = (&baseline[op.old_range()], &candidate[op.new_range()]);
        let paired = match op {
            DiffOp::Equal { .. } | DiffOp::Replace { .. } => baseline.len().max(candidate.len()),
            DiffOp::Delete { .. } => baseline.len(),
            DiffOp::Insert { .. } => candidate.len(),
        };
        rows.extend((0..paired).map(|at| [baseline.get(at).cloned(), candidate.get(at).cloned()]));
    }
    rows
}

/// Writes one line per row; `>>` marks the first divergence and `|` the others.
impl fmt::Display for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |[baseline, candidate]: &[Option<String>; 2]| {
            let [baseline, _] = side_by_side([baseline.as_deref(), candidate.as_deref()]);
            baseline.chars().count()
        };
        let width = self.rows.iter().map(width).max().unwrap_or_default();
        for (at, [baseline, candidate]) in self.rows.iter().enumerate() {
            let mark = match (at == self.first, baseline == candidate) {
                (true, _) => ">>",
                (false, false) => " |",
                (false, true) => "  ",
            };
            let [baseline, candidate] = side_by_side([baseline.as_deref(), candidate.as_deref()]);
            let line = format!("  {mark} {:>4}  {baseline:width$}  {candidate}", self.from + at);
            writeln!(f, "{}", line.trim_end())?;
        }
        if self.more > 0 {
            writeln!(f, "     .. and {} more", self.more)?;
        }
        Ok(())
    }
}

/// Removes the version: `wasi:io/streams@0.2.12.[method]..` -> `wasi:io/streams.[method]..`
fn unversioned(call: &str) -> String {
    let function = call.find('(').unwrap_or(call.len());
    let Some(at) = call[..function].find('@') else { return call.to_string() };
    let version = call[at + 1..].find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or_default();
    // The dot before the function's name is not part of the version.
    let end = at + 1 + version - usize::from(call[..at + 1 + version].ends_with('.'));
    format!("{}{}", &call[..at], &call[end..])
}

/// Shortens two calls to the available width. If they diverge late, a part of their common prefix is omitted.
fn side_by_side(calls: [Option<&str>; 2]) -> [String; 2] {
    let [Some(baseline), Some(candidate)] = calls else { return calls.map(short) };
    if [baseline, candidate].iter().all(|call| call.chars().count() <= MOST_CHARS) {
        return calls.map(short);
    }
    let same = baseline.char_indices().zip(candidate.chars()).find(|((_, a), b)| a != b).map_or(0, |((at, _), _)| at);
    let from = baseline[..same].char_indices().rev().nth(BEFORE_PART).map_or(0, |(at, _)| at);
    let head = baseline.char_indices().nth(HEAD).map_or(0, |(at, _)| at);
    if same < MOST_CHARS / 2 || from <= head {
        return [baseline, candidate].map(|call| short(Some(call)));
    }
    [baseline, candidate].map(|call| short(Some(&format!("{}..{}", &call[..head], &call[from..]))))
}

fn short(call: Option<&str>) -> String {
    let Some(call) = call else { return "-".to_string() };
    match call.char_indices().nth(MOST_CHARS) {
        Some((at, _)) => format!("{}..", &call[..at]),
        None => call.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Outcome;

    fn listing(baseline: &[&str], candidate: &[&str]) -> Option<String> {
        let observation = |calls: &[&str]| Observation {
            core_calls: calls.iter().map(|call| call.to_string()).collect(),
            ..Observation::of(Outcome::Returned)
        };
        Listing::core(&observation(baseline), &observation(candidate)).map(|listing| listing.to_string())
    }

    #[test]
    fn the_first_divergence_is_marked() {
        let baseline = ["a() -> 0", "b() -> 0", "c() -> 0", "d() -> 0", "e() -> 0", "g()"];
        let candidate = ["a() -> 0", "b() -> 0", "c() -> 0", "d() -> 0", "e() -> 8", "f() -> 0", "g()"];
        let expected = "        2  b() -> 0  b() -> 0\n        3  c() -> 0  c() -> 0\n        4  d() -> 0  d() -> 0\n  \
             >>    5  e() -> 0  e() -> 8\n   |    6  -         f() -> 0\n        7  g()       g()\n";
        assert_eq!(listing(&baseline, &candidate).as_deref(), Some(expected));
    }

    #[test]
    fn the_divergence_of_long_calls_is_shown() {
        let call = |end: &str| {
            format!("wasi:filesystem/types.[method]descriptor.open-at(descriptor#1, {{symlink-follow}}, \"{end}\")")
        };
        let [baseline, candidate] = [call("one"), call("two")];
        let shown = side_by_side([Some(&baseline), Some(&candidate)]);
        assert_eq!(shown[0], "wasi:filesystem/types.[method]de..-follow}, \"one\")");
        assert!(shown[1].ends_with("\"two\")"), "{shown:?}");
        assert_eq!(side_by_side([Some("a()"), None]), ["a()", "-"]);
    }

    #[test]
    fn versions_are_ignored() {
        for (call, expected) in [
            ("wasi:cli/stdin@0.2.12.get-stdin() -> x", "wasi:cli/stdin.get-stdin() -> x"),
            ("a:b/c@1.0.0.[method]d.e(f@1.2.3.g)", "a:b/c.[method]d.e(f@1.2.3.g)"),
            ("my-wasi.print(\"a@b.c\")", "my-wasi.print(\"a@b.c\")"),
        ] {
            assert_eq!(unversioned(call), expected);
        }
    }

    #[test]
    fn equal_or_missing_calls_have_no_listing() {
        assert_eq!(listing(&["a()"], &["a()"]), None);
        assert_eq!(listing(&["a()"], &[]), None);
    }

    #[test]
    fn further_rows_are_counted() {
        let many = vec!["a()"; 50];
        let other: Vec<&str> = std::iter::once("b()").chain(many.iter().copied()).collect();
        assert!(listing(&many, &other).unwrap().ends_with(".. and 43 more\n"));
    }
}
