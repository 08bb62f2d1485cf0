//! Runs components of small modules, each in all ways to encode it: the observed behavior must always be the same.
//!
//! A case is a directory below `cases`: `main.wat`, `main.wit`, for each adapter `NAME.wat` and, with a world,
//! `NAME.wit`, and `case.toml` with the calls (see `case.rs`). `expected.txt` contains the log; `BLESS=1` updates it.

mod case;
mod host;

use std::fs;
use std::path::{Path, PathBuf};

use case::Case;

#[test]
fn behavior_is_the_same_in_every_encoding() {
    let mut wrong = String::new();
    for folder in folders() {
        let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_string();
        let case = Case::read(&folder);
        let mut first = None;
        for variant in case.variants() {
            let seen = match case.encode(&variant) {
                Ok(component) => host::run(&component, &case, &variant),
                Err(errors) => format!("{errors}\n"),
            };
            let expected = first.get_or_insert_with(|| golden(&folder.join("expected.txt"), &seen));
            if seen != *expected {
                wrong.push_str(&format!("== {name}, {variant:?}\n-- expected\n{expected}-- actual\n{seen}"));
            }
        }
        assert!(first.is_some(), "{name} ran in no variant");
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn folders() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/executed/cases");
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    folders.sort();
    folders
}

/// Returns the expected log, or updates it with `BLESS`.
fn golden(path: &Path, seen: &str) -> String {
    if std::env::var_os("BLESS").is_some_and(|value| !value.is_empty() && value != "0") {
        assert!(std::env::var_os("CI").is_none_or(|value| value.is_empty()), "BLESS is not supported under CI");
        fs::write(path, seen).expect("the golden can be written");
        return seen.to_string();
    }
    fs::read_to_string(path).unwrap_or_default()
}
