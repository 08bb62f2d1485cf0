//! Tests that take their time, and have passed with this very binary and the same inputs before, are not run again: as in
//! `go test`. With `CI` or `BLESS` set they always are.

#![allow(dead_code, reason = "each test uses a part of this")]

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::UNIX_EPOCH;

/// A test that is to run. Where it comes to its end, that is written down.
pub struct Run {
    stamp: PathBuf,
    state: String,
}

/// The test, unless it has passed with the same: this binary, the files and folders in `inputs`, and the variables that mean
/// something to it.
pub fn unless_passed(test: &str, inputs: &[PathBuf]) -> Option<Run> {
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let exe = env::current_exe().expect("a test runs from a file");
    let stamp = exe.with_extension(format!("{test}.passed"));
    let mut state = String::new();
    note(&exe, &mut state);
    inputs.iter().for_each(|input| note(input, &mut state));
    for (name, value) in env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("POLYFILL_") || name == "WASMTIME" {
            let _ = writeln!(state, "{name}={}", value.to_string_lossy());
        }
    }
    if !is_set("CI") && !is_set("BLESS") && fs::read_to_string(&stamp).is_ok_and(|known| known == state) {
        println!("{test} has passed with the same inputs; CI=true runs it again");
        return None;
    }
    Some(Run { stamp, state })
}

impl Drop for Run {
    fn drop(&mut self) {
        if !thread::panicking() {
            // Where it cannot be written, the test is run again.
            let _ = fs::write(&self.stamp, &self.state);
        }
    }
}

/// What this repository's suite is made of, and what is known of it.
pub fn suite(root: &Path) -> Vec<PathBuf> {
    [
        "guests",
        "adapters",
        "wit",
        "hosts",
        "toolchains",
        "tests",
        "docs",
        "divergences.toml",
        "hunt.toml",
        "sanitize.toml",
        "sweep.toml",
    ]
    .map(|name| root.join(name))
    .to_vec()
}

/// Names, sizes and times of files.
fn note(path: &Path, state: &mut String) {
    if path.is_dir() {
        let entries = fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut entries: Vec<PathBuf> = entries.collect();
        entries.retain(|entry| !entry.ends_with("target") && !entry.ends_with("node_modules"));
        entries.sort();
        return entries.iter().for_each(|entry| note(entry, state));
    }
    let about = fs::metadata(path).ok();
    let time = about.as_ref().and_then(|about| about.modified().ok()?.duration_since(UNIX_EPOCH).ok());
    let _ = writeln!(state, "{} {:?} {time:?}", path.display(), about.map(|about| about.len()));
}
