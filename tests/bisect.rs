//! What `compare --bisect` finds for the museum is what its matrix says: the releases in which a bug came, and went.

mod passed;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use polyfill_build::Suite;
use polyfill_build::index::Index;
use polyfill_build::reference::{self, Span};
use polyfill_build::side::Side;
use polyfill_runner::Runner;
use polyfill_runner::divergence::{Bisection, Recorded, Turn};

/// Bugs that are in all releases, or in none: nothing is found of them.
const SAME: [&str; 6] = ["A13", "B8", "C9", "C10", "F3", "stale-read"];

#[test]
fn what_is_found_of_the_museum_is_its_matrix() {
    let Some(_run) = passed::unless_passed("what_is_found_of_the_museum_is_its_matrix") else {
        return;
    };
    let matrix = matrix();
    let changing: BTreeSet<&str> =
        matrix.iter().filter(|(_, turns)| !turns.is_empty()).map(|(row, _)| row.as_str()).collect();
    let wanted = |row: &str| changing.contains(row) || SAME.contains(&row.split(' ').next().unwrap_or_default());
    let cases: BTreeMap<String, String> = rows().into_iter().filter(|(row, _)| wanted(row)).collect();
    let found = bisected(cases.values().map(|case| format!("{case}::")));
    for (row, case) in &cases {
        let history = found.cases.iter().find(|history| history.case == *case);
        let history = history.unwrap_or_else(|| panic!("{case} was not looked at: {:?}", found.ignored));
        let turns = history.changes.iter().filter(|change| change.turn != Turn::Other);
        let turns: Vec<(String, Turn)> = turns.map(|change| (change.side.clone(), change.turn)).collect();
        assert_eq!(turns, matrix[row], "{row}\n{found}");
    }
    // A matrix of nothing would be found, too.
    assert!(changing.len() >= 9 && cases.len() > changing.len(), "{changing:?}");
}

/// A bug that came and went is in no difference of the ends.
#[test]
fn what_came_and_went_is_in_the_matrix() {
    let Some(_run) = passed::unless_passed("what_came_and_went_is_in_the_matrix") else {
        return;
    };
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
    let built = Suite::new(root()).sides(sides.clone()).filter(filters).out_dir(out).build();
    let built = built.unwrap_or_else(|error| panic!("{error}"));
    let runner = Runner::new(&built.out_dir).root(root()).bless(false);
    Recorded::run(&runner, sides).unwrap_or_else(|error| panic!("{error}")).bisect()
}

/// By the row of each bug: the releases in which it came (`Broken`) and went (`Mended`), as the golden file has it.
fn matrix() -> BTreeMap<String, Vec<(String, Turn)>> {
    let text = fs::read_to_string(root().join("tests/museum/matrix.txt")).expect("the matrix is there");
    let mut table = text.lines().skip_while(|line| !line.trim_start().starts_with("native "));
    let releases: Vec<&str> = table.next().expect("the heads of the columns").split_whitespace().skip(1).collect();
    let rows = table.take_while(|line| !line.is_empty()).map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        // The column of `native` may be empty; those of releases are the last ones.
        let seen = &words[words.len() - releases.len()..];
        let steps = seen.windows(2).zip(&releases[1..]).filter_map(|(pair, release)| match pair {
            [".", "X"] => Some((release.to_string(), Turn::Broken)),
            ["X", "."] => Some((release.to_string(), Turn::Mended)),
            _ => None,
        });
        (words[..2].join(" "), steps.collect())
    });
    rows.collect()
}

/// The case of each row that runs through the adapter for its guest, as all sides here do.
fn rows() -> Vec<(String, String)> {
    let index: Index = serde_json::from_slice(
        &fs::read(polyfill_runner::out_dir(env!("OUT_DIR")).join(polyfill_build::index::FILE))
            .expect("the suite is built"),
    )
    .expect("it has an index");
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
