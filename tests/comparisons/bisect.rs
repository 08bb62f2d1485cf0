//! Checks `compare --bisect` against the matrix of the regression corpus: the releases that introduced or fixed each
//! bug.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use polyfill_builder::Suite;
use polyfill_builder::index::Index;
use polyfill_builder::reference::{self, Span};
use polyfill_builder::side::Side;
use polyfill_runner::Runner;
use polyfill_runner::divergence::{Bisection, Recorded, Turn};

use crate::trials::trials;

/// Bugs that are present in all releases or in none, for which bisection finds nothing.
const SAME: [&str; 6] = ["A13", "B8", "C9", "C10", "F3", "stale-read"];

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![bisection_agrees_with_the_matrix, bugs_within_the_span_are_in_the_matrix]
}

fn bisection_agrees_with_the_matrix() {
    let matrix = matrix();
    let changing: BTreeSet<&str> =
        matrix.iter().filter(|(_, turns)| !turns.is_empty()).map(|(row, _)| row.as_str()).collect();
    let wanted = |row: &str| changing.contains(row) || SAME.contains(&row.split(' ').next().unwrap_or_default());
    let cases: BTreeMap<String, String> = rows().into_iter().filter(|(row, _)| wanted(row)).collect();
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
    let matrix = matrix();
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
fn matrix() -> BTreeMap<String, Vec<(String, Turn)>> {
    let text = fs::read_to_string(root().join("tests/comparisons/matrix.txt")).expect("the matrix exists");
    let mut table = text.lines().skip_while(|line| !line.trim_start().starts_with("native "));
    let releases: Vec<&str> = table.next().expect("the heads of the columns").split_whitespace().skip(1).collect();
    let rows = table.take_while(|line| !line.is_empty()).map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        // The column of `native` may be empty. The columns of releases are the last ones.
        let symbols = &words[words.len() - releases.len()..];
        let steps = symbols.windows(2).zip(&releases[1..]).filter_map(|(pair, release)| match pair {
            [".", "X"] => Some((release.to_string(), Turn::Broken)),
            ["X", "."] => Some((release.to_string(), Turn::Fixed)),
            _ => None,
        });
        (words[..2].join(" "), steps.collect())
    });
    rows.collect()
}

/// Returns the case of each row that runs through the adapter for its guest, as all sides here do.
fn rows() -> Vec<(String, String)> {
    let index: Index = serde_json::from_slice(
        &fs::read(polyfill_runner::out_dir(env!("OUT_DIR")).join(polyfill_builder::index::FILE))
            .expect("the suite builds"),
    )
    .expect("the suite has an index");
    let bugs = index.cases.into_iter().filter_map(|(key, entry)| {
        let guest = key.split("::").next().unwrap_or_default().to_string();
        let bug = entry.case.bug?;
        Some((format!("{} {guest}", bug.id), key))
    });
    bugs.collect()
}

fn root() -> PathBuf {
    polyfill_runner::root_dir(env!("CARGO_MANIFEST_DIR"))
}
