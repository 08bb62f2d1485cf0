//! Calls of two sides across a boundary, aligned, with the first place where they part.

use std::fmt;

use serde::Serialize;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::observation::Observation;
use crate::trace::line;

/// Calls that are aligned: of more, those behind the first ones are not.
const MOST_CALLS: usize = 2000;

/// Calls before the first divergence that are listed, and calls from there on.
const BEFORE: usize = 3;
const AFTER: usize = 8;

/// Characters of a call in a listing.
const MOST_CHARS: usize = 70;

/// Of calls that part far behind: characters of the head, and those before the place.
const HEAD: usize = 32;
const BEFORE_PART: usize = 10;

/// Calls of both sides, where they are not the same: those around the first divergence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listing {
    /// The place of the first row among all rows, counted from 1.
    pub from: usize,
    /// The row that is the first divergence, counted from 0 in these rows.
    pub first: usize,
    /// Calls side by side: `None` where a side makes none there.
    pub rows: Vec<[Option<String>; 2]>,
    /// Rows that come after them.
    pub more: usize,
}

impl Listing {
    /// Across the core boundary; nothing where a side reports no calls, or both report the same ones.
    pub fn core(old: &Observation, new: &Observation) -> Option<Listing> {
        Listing::of(&old.core_calls, &new.core_calls)
    }

    /// Of the host, where both runs have a trace. Interfaces are named without their versions, which adapters have each its own.
    pub fn host(old: &Observation, new: &Observation) -> Option<Listing> {
        let calls = |seen: &Observation| -> Option<Vec<String>> {
            Some(seen.trace.as_ref()?.imports().map(|event| unversioned(&line(event))).collect())
        };
        Listing::of(&calls(old)?, &calls(new)?)
    }

    fn of(old: &[String], new: &[String]) -> Option<Listing> {
        if old.is_empty() || new.is_empty() || old == new {
            return None;
        }
        let rows = aligned(&old[..old.len().min(MOST_CALLS)], &new[..new.len().min(MOST_CALLS)]);
        let first = rows.iter().position(|[old, new]| old != new)?;
        let from = first.saturating_sub(BEFORE);
        let to = rows.len().min(first + AFTER);
        Some(Listing { from: from + 1, first: first - from, more: rows.len() - to, rows: rows[from..to].to_vec() })
    }
}

fn aligned(old: &[String], new: &[String]) -> Vec<[Option<String>; 2]> {
    let mut rows = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, old, new) {
        let (old, new) = (&old[op.old_range()], &new[op.new_range()]);
        let paired = match op {
            DiffOp::Equal { .. } | DiffOp::Replace { .. } => old.len().max(new.len()),
            DiffOp::Delete { .. } => old.len(),
            DiffOp::Insert { .. } => new.len(),
        };
        rows.extend((0..paired).map(|at| [old.get(at).cloned(), new.get(at).cloned()]));
    }
    rows
}

/// A row a line; `>>` is the first divergence, `|` another.
impl fmt::Display for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |[old, new]: &[Option<String>; 2]| {
            let [old, _] = side_by_side([old.as_deref(), new.as_deref()]);
            old.chars().count()
        };
        let width = self.rows.iter().map(width).max().unwrap_or_default();
        for (at, [old, new]) in self.rows.iter().enumerate() {
            let mark = match (at == self.first, old == new) {
                (true, _) => ">>",
                (false, false) => " |",
                (false, true) => "  ",
            };
            let [old, new] = side_by_side([old.as_deref(), new.as_deref()]);
            let line = format!("  {mark} {:>4}  {old:width$}  {new}", self.from + at);
            writeln!(f, "{}", line.trim_end())?;
        }
        if self.more > 0 {
            writeln!(f, "     .. and {} more", self.more)?;
        }
        Ok(())
    }
}

/// `wasi:io/streams@0.2.12.[method]..` -> `wasi:io/streams.[method]..`
fn unversioned(call: &str) -> String {
    let function = call.find('(').unwrap_or(call.len());
    let Some(at) = call[..function].find('@') else { return call.to_string() };
    let version = call[at + 1..].find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or_default();
    // The dot that begins the function's name is not the version's.
    let end = at + 1 + version - usize::from(call[..at + 1 + version].ends_with('.'));
    format!("{}{}", &call[..at], &call[end..])
}

/// Both calls in what room there is. Of two that part far behind, what is the same goes first.
fn side_by_side(calls: [Option<&str>; 2]) -> [String; 2] {
    let [Some(old), Some(new)] = calls else { return calls.map(short) };
    if [old, new].iter().all(|call| call.chars().count() <= MOST_CHARS) {
        return calls.map(short);
    }
    let same = old.char_indices().zip(new.chars()).find(|((_, a), b)| a != b).map_or(0, |((at, _), _)| at);
    let from = old[..same].char_indices().rev().nth(BEFORE_PART).map_or(0, |(at, _)| at);
    let head = old.char_indices().nth(HEAD).map_or(0, |(at, _)| at);
    if same < MOST_CHARS / 2 || from <= head {
        return [old, new].map(|call| short(Some(call)));
    }
    [old, new].map(|call| short(Some(&format!("{}..{}", &call[..head], &call[from..]))))
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

    fn listing(old: &[&str], new: &[&str]) -> Option<String> {
        let seen = |calls: &[&str]| Observation {
            core_calls: calls.iter().map(|call| call.to_string()).collect(),
            ..Observation::of(Outcome::Returned)
        };
        Listing::core(&seen(old), &seen(new)).map(|listing| listing.to_string())
    }

    #[test]
    fn the_first_divergence_is_marked() {
        let old = ["a() -> 0", "b() -> 0", "c() -> 0", "d() -> 0", "e() -> 0", "g()"];
        let new = ["a() -> 0", "b() -> 0", "c() -> 0", "d() -> 0", "e() -> 8", "f() -> 0", "g()"];
        let expected = "        2  b() -> 0  b() -> 0\n        3  c() -> 0  c() -> 0\n        4  d() -> 0  d() -> 0\n  \
             >>    5  e() -> 0  e() -> 8\n   |    6  -         f() -> 0\n        7  g()       g()\n";
        assert_eq!(listing(&old, &new).as_deref(), Some(expected));
    }

    #[test]
    fn where_calls_part_is_shown() {
        let call = |end: &str| {
            format!("wasi:filesystem/types.[method]descriptor.open-at(descriptor#1, {{symlink-follow}}, \"{end}\")")
        };
        let [old, new] = [call("one"), call("two")];
        let shown = side_by_side([Some(&old), Some(&new)]);
        assert_eq!(shown[0], "wasi:filesystem/types.[method]de..-follow}, \"one\")");
        assert!(shown[1].ends_with("\"two\")"), "{shown:?}");
        assert_eq!(side_by_side([Some("a()"), None]), ["a()", "-"]);
    }

    #[test]
    fn versions_are_no_difference() {
        for (call, expected) in [
            ("wasi:cli/stdin@0.2.12.get-stdin() -> x", "wasi:cli/stdin.get-stdin() -> x"),
            ("a:b/c@1.0.0.[method]d.e(f@1.2.3.g)", "a:b/c.[method]d.e(f@1.2.3.g)"),
            ("my-wasi.print(\"a@b.c\")", "my-wasi.print(\"a@b.c\")"),
        ] {
            assert_eq!(unversioned(call), expected);
        }
    }

    #[test]
    fn same_calls_or_none_are_no_listing() {
        assert_eq!(listing(&["a()"], &["a()"]), None);
        assert_eq!(listing(&["a()"], &[]), None);
    }

    #[test]
    fn what_is_far_behind_is_counted() {
        let many = vec!["a()"; 50];
        let other: Vec<&str> = std::iter::once("b()").chain(many.iter().copied()).collect();
        assert!(listing(&many, &other).unwrap().ends_with(".. and 43 more\n"));
    }
}
