//! Runner on components in WAT: observations, and reports of failed expectations.
//!
//! `components/<guest>.wat` is a component (`<guest>.error` is an encoder's error message instead of one),
//! `<guest>.<case>.case.toml` is a case, and `<guest>.<case>.txt` is the report of the failing case on its first host.
//! A case without a report must pass. `BLESS=1` rewrites reports. Observations of a case must be equal on all of its
//! hosts.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed};
use polyfill_builder::case::{Bytes, Case};
use polyfill_builder::index::{self, Artifact, CaseEntry, Index, Stage, Trial};
use polyfill_runner::{Limits, Runner, Verdict};
use polyfill_testing::golden;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/components");
    let out = tempfile::tempdir().expect("failed to create a directory");
    let index = build(&folder, out.path());
    fs::write(out.path().join(index::FILE), serde_json::to_vec(&index).expect("failed to serialize the index"))
        .expect("failed to write the index");
    let limits = Limits { timeout: Duration::from_millis(500), output: 4096, ..Limits::default() };
    // Components do not change between runs.
    let compiled = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
    let runner = Runner::new(out.path()).root(&folder).limits(limits).bless(false).cache(compiled);
    let shared = Arc::new((runner, index, folder));
    let trials = shared.1.cases.keys().cloned();
    let trials = trials.map(|key| {
        let shared = shared.clone();
        libtest_mimic::Trial::test(key.clone(), move || check(&shared.0, &shared.1, &shared.2, &key))
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// Runs a case on all of its hosts.
fn check(runner: &Runner, index: &Index, folder: &Path, key: &str) -> Result<(), Failed> {
    let trials = index.trials.iter().filter(|trial| trial.case_key() == key);
    let results: Vec<_> = trials.map(|trial| runner.run_trial(index, trial)).collect();
    for other in &results[1..] {
        if other.observation != results[0].observation {
            return Err(Failed::from(format!(
                "{} and {} differ:\n{:#?}\n{:#?}",
                results[0].name, other.name, results[0], other
            )));
        }
    }
    let report = match &results[0].verdict {
        Verdict::Failed { report } => Some(report.clone()),
        Verdict::Passed => None,
        other => return Err(Failed::from(format!("{other:?}"))),
    };
    let golden = folder.join(format!("{}.txt", key.replace("::", ".")));
    Ok(golden::check_optional(&golden, report.as_deref())?)
}

/// Creates the index that the build of a suite would write.
fn build(folder: &Path, out: &Path) -> Index {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut artifacts = BTreeMap::new();
    for file in &files {
        let guest = file.file_stem().unwrap().to_str().unwrap().to_string();
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("wat") => {
                let name = format!("{guest}.wasm");
                fs::write(out.join(&name), wat::parse_file(file).unwrap_or_else(|error| panic!("{error}"))).unwrap();
                artifacts.insert(guest, Artifact::Component(name));
            }
            Some("error") => {
                let message = fs::read_to_string(file).unwrap();
                artifacts.insert(guest, Artifact::Failed { stage: Stage::Encode, message });
            }
            _ => {}
        }
    }
    let mut index = Index::default();
    for file in &files {
        let source = file.file_name().unwrap().to_str().unwrap();
        let Some((guest, name)) = source.strip_suffix(".case.toml").and_then(|name| name.split_once('.')) else {
            continue;
        };
        let mut case: Case =
            toml::from_str(&fs::read_to_string(file).unwrap()).unwrap_or_else(|error| panic!("{source}: {error}"));
        read_files(&mut case, folder);
        let hosts = case.hosts.clone().unwrap_or_else(|| vec!["my-wasi".into(), "my-wasi-typed".into()]);
        for host in hosts {
            index.trials.push(Trial {
                guest: guest.into(),
                case: name.into(),
                adapter: case.adapters.iter().flatten().next().map_or("none", String::as_str).into(),
                host,
                artifact: artifacts[guest].clone(),
                sanitize: None,
            });
        }
        index.cases.insert(format!("{guest}::{name}"), CaseEntry { source: source.into(), case });
    }
    index
}

fn read_files(case: &mut Case, folder: &Path) {
    for bytes in [&mut case.expect.stdout, &mut case.expect.stderr, &mut case.expect.error].into_iter().flatten() {
        if let Bytes::File(file) = bytes {
            let content = fs::read(folder.join(&file.file)).ok();
            file.content = content.map(|content| content.iter().map(|byte| format!("{byte:02x}")).collect());
        }
    }
}
