//! Tests of output and exit codes: every file of `tests/cli` is a test.
//!
//! `tests/cli/readme.txt` documents the format, and is itself a test. `BLESS=1 cargo test -p polyfill-cli --test cli`
//! overwrites the expected output.

mod output;
mod script;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::script::Script;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    let files = files(&folder);
    let mut trials: Vec<Trial> = files
        .iter()
        .filter(|name| output::owner(name).is_none())
        .map(|name| {
            let file = folder.join(name);
            let is_slow = Script::read(&file).is_ok_and(|script| script.is_slow);
            Trial::test(name.clone(), move || test(&file).map_err(Failed::from)).with_ignored_flag(is_slow)
        })
        .collect();
    let stray: Vec<String> =
        files.iter().filter(|name| output::owner(name).is_some_and(|owner| !files.contains(owner))).cloned().collect();
    trials.push(Trial::test("every-golden-has-a-test", move || match &stray[..] {
        [] => Ok(()),
        stray => Err(Failed::from(format!("no test prints these: {}", stray.join(", ")))),
    }));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Returns the files of the directory, by name. Subdirectories contain inputs of the tests.
fn files(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("cannot list {}: {error}", folder.display()));
    let entries = entries.map(|entry| entry.expect("an entry of a folder"));
    let files = entries.filter(|entry| entry.path().is_file());
    files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

fn test(file: &Path) -> Result<(), String> {
    let script = Script::read(file)?;
    let temporary = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    // If the directory for temporary files is a link, programs print its target.
    let temporary: PathBuf = temporary.path().canonicalize().map_err(|error| error.to_string())?;
    script.run(&temporary)?.check(file)
}
