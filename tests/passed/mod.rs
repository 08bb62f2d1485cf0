//! Tests that take their time, and have passed with this very binary and the same tree before, are not run again: as in
//! `go test`. With `CI` or `BLESS` set they always are.

#![allow(dead_code, reason = "each test uses a part of this")]

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::UNIX_EPOCH;

/// Folders that no test reads as its input: what builds and package managers write, and the history.
const PASSED_OVER: [&str; 3] = ["target", "node_modules", ".git"];

/// A test that is to run. Where it comes to its end, that is written down.
pub struct Run {
    stamp: PathBuf,
    state: String,
}

/// The test, unless it has passed with the same: this binary, all files of the repository, the variables that mean something to
/// it, and the folders in which programs are looked for. On standard output it says so where it is not run, past libtest's
/// capture.
pub fn unless_passed(test: &str) -> Option<Run> {
    unless_passed_with(test, None)
}

/// The same of a test that runs a program of a package.
pub fn unless_passed_with(test: &str, program: Option<&Path>) -> Option<Run> {
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let exe = env::current_exe().expect("a test runs from a file");
    let stamp = exe.with_extension(format!("{test}.passed"));
    let mut state = String::new();
    [exe.as_path()].into_iter().chain(program).for_each(|file| note(file, &mut state));
    // A folder has another time when a program is installed in it.
    env::split_paths(&env::var_os("PATH").unwrap_or_default()).for_each(|folder| note(&folder, &mut state));
    state.push_str(&tree(&root()));
    for (name, value) in env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("POLYFILL_") || name == "WASMTIME" {
            let _ = writeln!(state, "{name}={}", value.to_string_lossy());
        }
    }
    if !is_set("CI") && !is_set("BLESS") && fs::read_to_string(&stamp).is_ok_and(|known| known == state) {
        // Not by `println!`: of tests that pass, libtest shows nothing.
        let message = format!("{test}: not run; it has passed with the same binary and files; CI=true runs it again\n");
        let _ = std::io::stdout().write_all(message.as_bytes());
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

/// The repository's root, whichever package the test is of.
fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = package.ancestors().find(|folder| folder.join("rust-toolchain.toml").is_file());
    root.unwrap_or(package).to_path_buf()
}

/// The state of all files below a folder, but for those that no test reads: their names, sizes and times.
pub fn tree(folder: &Path) -> String {
    let mut state = String::new();
    note_all(folder, &mut state);
    state
}

fn note_all(folder: &Path, state: &mut String) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut entries: Vec<_> = entries.map(|entry| (entry.path(), entry.file_type())).collect();
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (path, kind) in entries {
        let is_folder = kind.is_ok_and(|kind| kind.is_dir());
        if is_folder && path.ends_with("node_modules") {
            // It is there, or it is not.
            let _ = writeln!(state, "{}", path.display());
        }
        if is_folder && !PASSED_OVER.iter().any(|name| path.ends_with(name)) {
            let _ = writeln!(state, "{}", path.display());
            note_all(&path, state);
        } else if !is_folder {
            note(&path, state);
        }
    }
}

/// Name, size and time of a file; a link is followed once.
fn note(path: &Path, state: &mut String) {
    let about = fs::metadata(path).ok();
    let time = about.as_ref().and_then(|about| about.modified().ok()?.duration_since(UNIX_EPOCH).ok());
    let link = fs::read_link(path).ok();
    let _ = writeln!(state, "{} {:?} {time:?} {link:?}", path.display(), about.map(|about| about.len()));
}
