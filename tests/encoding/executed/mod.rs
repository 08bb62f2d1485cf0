//! Runs components of small modules, each in all ways to encode it: the observed behavior must always be the same.
//!
//! A case is a directory below `cases`: `main.wat`, `main.wit`, for each adapter `NAME.wat` and, with a world,
//! `NAME.wit`, and `case.toml` with the calls (see `case.rs`). `expected.txt` contains the log; `BLESS=1` updates it.

mod case;
mod host;

use std::fs;
use std::path::{Path, PathBuf};

use case::Case;
use polyfill_testing::golden;

pub fn behavior_is_the_same_in_every_encoding() {
    let mut wrong = String::new();
    for folder in folders() {
        let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_string();
        let case = Case::read(&folder);
        let mut first: Option<String> = None;
        for variant in case.variants() {
            let actual = match case.encode(&variant) {
                Ok(component) => host::run(&component, &case, &variant),
                Err(errors) => format!("{errors}\n"),
            };
            let same = match &first {
                None => golden::check(&folder.join("expected.txt"), &actual),
                Some(first) if *first == actual => Ok(()),
                Some(first) => Err(format!("-- first encoding\n{first}-- this encoding\n{actual}")),
            };
            if let Err(difference) = same {
                wrong.push_str(&format!("== {name}, {variant:?}\n{difference}\n"));
            }
            first.get_or_insert(actual);
        }
        assert!(first.is_some(), "{name} ran in no variant");
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn folders() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/encoding/executed/cases");
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    folders.sort();
    folders
}
