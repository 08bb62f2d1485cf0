//! Tests of output and exit codes: every file of `tests/cli` is a test.
//!
//! `tests/cli/readme.txt` documents the format, and is itself a test. `BLESS=1 cargo test -p polyfill-cli --test cli`
//! overwrites the expected output. Rejected if `CI` is set.

mod golden;
mod script;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use libtest_mimic::{Arguments, Failed, Trial};

use crate::golden::Goldens;
use crate::script::Script;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    let bless = is_set("BLESS");
    if bless && is_set("CI") {
        eprintln!("error: BLESS is not allowed in CI; help: bless golden files on a local machine");
        return ExitCode::FAILURE;
    }
    let files = files(&folder);
    let mut trials: Vec<Trial> = files
        .iter()
        .filter(|name| !golden::is_golden(name))
        .map(|name| {
            let file = folder.join(name);
            Trial::test(name.clone(), move || test(&file, bless).map_err(Failed::from))
        })
        .collect();
    let stray: Vec<String> =
        files.iter().filter(|name| golden::owner(name).is_some_and(|owner| !files.contains(owner))).cloned().collect();
    trials.push(Trial::test("every-golden-has-a-test", move || match &stray[..] {
        [] => Ok(()),
        stray => Err(Failed::from(format!("no test prints these: {}", stray.join(", ")))),
    }));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn is_set(variable: &str) -> bool {
    env::var_os(variable).is_some_and(|value| !value.is_empty() && value != "0")
}

/// Returns the files of the directory, by name. Subdirectories contain inputs of the tests.
fn files(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("cannot list {}: {error}", folder.display()));
    let entries = entries.map(|entry| entry.expect("an entry of a folder"));
    let files = entries.filter(|entry| entry.path().is_file());
    files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

fn test(file: &Path, bless: bool) -> Result<(), String> {
    let script = Script::read(file)?;
    let temporary = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    // If the directory for temporary files is a link, programs print its target.
    let temporary: PathBuf = temporary.path().canonicalize().map_err(|error| error.to_string())?;
    let goldens = Goldens::of(file);
    let seen = script.run(&temporary)?;
    match bless {
        true => goldens.write(&seen),
        false => goldens.compare(&seen),
    }
}
