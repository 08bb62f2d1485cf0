//! Runs generated worlds through both encoders, and the directories of former and known differences.
//!
//! `tests/cases/` contains fixed findings, on which both encoders agree. `tests/known/` contains one directory for each
//! class of known differences, named after the class. To add a test, add a directory; `polyfill-differential --out`
//! writes them.

use std::path::{Path, PathBuf};

use polyfill_differential::compare::{self, Verdict};
use polyfill_differential::{folder, known, search};

/// Number of worlds that a debug build compares in about a second.
const WORLDS: u64 = 150;

#[test]
fn generated_worlds_are_encoded_alike() {
    let plan = search::Plan { seed: 1, family: None, first: 0, worlds: WORLDS, jobs: 2 };
    let report = search::search(&plan, |_| {}).expect("threads");
    assert_eq!(report.worlds(), WORLDS);
    let findings: Vec<String> = report
        .findings
        .values()
        .map(|(count, first)| format!("{count} x, first world {}:\n{}", first.number, first.finding.text()))
        .collect();
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    let refused: u64 = report.refused.values().sum();
    println!("{WORLDS} worlds: {} the same, {refused} rejected by both", report.same);
    assert!(report.same * 2 > WORLDS, "only {} of the worlds were encoded", report.same);
    assert!(refused * 3 < WORLDS, "{refused} worlds were rejected: {:#?}", report.refused);
}

#[test]
fn fixed_differences_stay_fixed() {
    let mut wrong = Vec::new();
    for path in folders("tests/cases") {
        match judge(&path) {
            Verdict::Same | Verdict::Refused(_) => {}
            other => wrong.push(format!("{}: {other:#?}", path.display())),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_known_class_is_demonstrated_by_its_directory() {
    let folders = folders("tests/known");
    let names: Vec<&str> = folders.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    let mut classes: Vec<&str> = known::CLASSES.iter().map(|class| class.name).collect();
    classes.sort_unstable();
    assert_eq!(names, classes);
    for (path, name) in folders.iter().zip(names) {
        match judge(path) {
            Verdict::Known(class, _) if class.name == name => {}
            other => panic!("{name}: {other:#?}"),
        }
    }
    for class in known::CLASSES {
        assert!(!class.reason.is_empty(), "{} has no reason", class.name);
    }
}

fn judge(path: &Path) -> Verdict {
    let inputs = folder::read(path).unwrap_or_else(|error| panic!("{}: {error:#}", path.display()));
    compare::compare(&inputs).unwrap_or_else(|error| panic!("{}: {error:#}", path.display()))
}

fn folders(under: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(under);
    let Ok(entries) = std::fs::read_dir(&root) else { return Vec::new() };
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}
