//! Checks `compare --bisect` against the matrix of the regression corpus: the releases that introduced or fixed each
//! bug.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use polyfill_builder::Suite;
use polyfill_builder::reference::{self, Span};
use polyfill_builder::side::Side;
use polyfill_runner::Runner;
use polyfill_runner::divergence::{Bisection, Recorded, Turn};

use crate::trials::trials;
use crate::{matrix, root};

/// Bugs that are present in all releases or in none, for which bisection finds nothing.
const SAME: [&str; 6] = ["A13", "B8", "C9", "C10", "F3", "stale-read"];

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![bisection_agrees_with_the_matrix, bugs_within_the_span_are_in_the_matrix]
}

fn bisection_agrees_with_the_matrix() {
    let matrix = turns();
    let changing: BTreeSet<&str> =
        matrix.iter().filter(|(_, turns)| !turns.is_empty()).map(|(row, _)| row.as_str()).collect();
    let wanted = |row: &str| changing.contains(row) || SAME.contains(&row.split(' ').next().unwrap_or_default());
    let bugs = matrix::bugs().into_iter().filter(|(row, _)| wanted(row));
    let cases: BTreeMap<String, String> = bugs.map(|(row, (case, _))| (row, case)).collect();
    let found = bisected(cases.values().map(|case| format!("{case}::")));
    for (row, case) in &cases {
        let history = found.cases.iter().find(|history| history.case == *case);
        let history = history.unwrap_or_else(|| panic!("{case} was not compared: {:?}", found.ignored));
        let turns = history.changes.iter().filter(|change| change.turn != Turn::Other);
        let turns: Vec<(String, Turn)> = turns.map(|change| (change.side.clone(), change.turn)).collect();
        assert_eq!(turns, matrix[row], "{row}\n{found}");
    }
    // An empty matrix would pass, too.
    assert!(changing.len() >= 9 && cases.len() > changing.len(), "{changing:?}");
}

/// A bug that was introduced and fixed within the span is not a difference between its ends.
fn bugs_within_the_span_are_in_the_matrix() {
    let matrix = turns();
    let came_and_went = matrix.values().filter(|turns| turns.iter().any(|(_, turn)| *turn == Turn::Broken)).count();
    assert!(came_and_went >= 2, "{matrix:?}");
}

fn bisected(filters: impl Iterator<Item = String>) -> Bisection {
    let span: Span = "24.0.13..50.0.1".parse().expect("these are releases");
    assert_eq!(span.releases(), reference::releases());
    let side: Side = "reference-command@wasi".parse().expect("a side");
    let sides: Vec<Side> = span.releases().iter().filter_map(|release| side.at(release)).collect();
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bisect");
    let built = Suite::from_env(root()).sides(sides.clone()).filter(filters).out_dir(out).build();
    let built = built.unwrap_or_else(|error| panic!("{error}"));
    let runner = Runner::new(&built.out_dir).root(root()).bless(false);
    Recorded::run(&runner, sides).unwrap_or_else(|error| panic!("{error}")).bisect()
}

/// Returns the releases that introduced (`Broken`) and fixed (`Fixed`) each bug, by row of the golden file.
fn turns() -> BTreeMap<String, Vec<(String, Turn)>> {
    let steps = |row: BTreeMap<String, String>| {
        let releases: Vec<&str> = reference::releases().iter().map(|release| release.version).collect();
        let step = |pair: &[&str]| match (row[pair[0]].as_str(), row[pair[1]].as_str()) {
            (".", "X") => Some((pair[1].to_string(), Turn::Broken)),
            ("X", ".") => Some((pair[1].to_string(), Turn::Fixed)),
            _ => None,
        };
        releases.windows(2).filter_map(step).collect()
    };
    matrix::matrix().into_iter().map(|(name, row)| (name, steps(row))).collect()
}
