//! The recorded matrix of bugs and releases (`polyfill matrix`) must agree with the cases: red for releases with a
//! known bug, green for releases without it. CI runs the matrix itself.

use std::collections::BTreeMap;
use std::fs;

use polyfill_builder::case::Bug;
use polyfill_builder::index::{Artifact, Index};
use polyfill_builder::reference;
use polyfill_runner::{Engine, Hosts, Inputs, Limits, Sinks, compare, run_component};
use wit_component::ComponentEncoder;

use crate::trials::trials;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![the_matrix_agrees_with_the_cases, bugs_do_not_depend_on_the_encoder]
}

fn the_matrix_agrees_with_the_cases() {
    let matrix = matrix();
    let bugs = bugs();
    assert_eq!(
        matrix.keys().collect::<Vec<_>>(),
        bugs.keys().collect::<Vec<_>>(),
        "rows of the matrix and cases differ"
    );
    let (mut bad, mut good) = (0, 0);
    for (name, row) in &matrix {
        for release in reference::releases() {
            let actual = row[release.version].as_str();
            match bugs[name].1.is_in(&release.semver()).unwrap_or_else(|error| panic!("{name}: {error}")) {
                Some(true) => {
                    bad += 1;
                    assert_eq!(actual, "X", "{name} is a known bug of {}", release.version);
                }
                Some(false) => {
                    good += 1;
                    assert_eq!(actual, ".", "{name} is not a bug of {}", release.version);
                }
                None => assert!(matches!(actual, "X" | "."), "{name} in {}: `{actual}`", release.version),
            }
        }
        assert!(matches!(row["native"].as_str(), "." | ""), "{name} without an adapter: `{}`", row["native"]);
    }
    // An empty regression corpus would pass, too.
    assert!(bad > 400 && good > 800, "{bad} known failures, {good} known passes");
}

/// The observed bugs are caused by the adapter or the host, not by this encoder: components of the reference encoder
/// pass and fail in the same cases.
fn bugs_do_not_depend_on_the_encoder() {
    let out_dir = polyfill_runner::out_dir(env!("OUT_DIR"));
    let index = index();
    let engine = Engine::new(Some(out_dir.join("compiled"))).expect("wasmtime works here");
    let hosts = Hosts::default();
    let wasi = hosts.get("wasi").expect("the host exists");
    let newest =
        reference::find("reference-command").expect("the adapter is published").expect("the adapter has releases");
    let mut compared = 0;
    for trial in &index.trials {
        let (case, Artifact::Module(file)) = (&index.cases[&trial.case_key()].case, &trial.artifact) else { continue };
        let Some(bug) = case.bug.as_ref().filter(|_| case.hosts.iter().flatten().any(|host| host == "wasi")) else {
            continue;
        };
        let main = fs::read(out_dir.join(file)).expect("the suite builds");
        let mut encoder = ComponentEncoder::default();
        encoder.module(&main).expect("a module");
        encoder.adapter(reference::IMPORT_MODULE, newest.wasm()).expect("an adapter");
        let component = encoder.encode().unwrap_or_else(|error| panic!("{}: {error:#}", trial.case_key()));
        let component = polyfill_builder::provided(component, &case.encode).expect("the interfaces are provided");
        let inputs = Inputs::of(&trial.guest, case).expect("cases of the suite can be read");
        let (limits, sinks) = (Limits::default(), Sinks::default());
        let actual = run_component(&engine, &component, wasi, &inputs, &limits, sinks).expect("a valid component");
        let mismatches = compare(case, &actual);
        let must_fail = bug.is_in(&newest.release.semver()).expect("the build has validated it");
        assert_eq!(Some(!mismatches.is_empty()), must_fail, "{}: {mismatches:#?}", trial.case_key());
        compared += 1;
    }
    assert!(compared > 60, "{compared} cases");
}

/// Returns the cells of each row, by the column heads of the golden file.
pub fn matrix() -> BTreeMap<String, BTreeMap<String, String>> {
    let path = crate::root().join("tests/comparisons/matrix.txt");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut table = text.lines().skip_while(|line| !line.trim_start().starts_with("native "));
    let heads = table.next().expect("the heads of the columns");
    let starts: Vec<usize> = (0..heads.len()).filter(|at| is_start(heads, *at)).collect();
    let rows = table.take_while(|line| !line.is_empty()).map(|line| {
        let trial = |start: &usize| {
            let head = heads[*start..].split(' ').next().unwrap_or_default();
            let symbol = line.get(*start..).unwrap_or_default().split(' ').next().unwrap_or_default();
            (head.to_string(), symbol.to_string())
        };
        (line[..starts[0]].trim().to_string(), starts.iter().map(trial).collect())
    });
    rows.collect()
}

/// Returns true if a word starts at that position.
fn is_start(text: &str, at: usize) -> bool {
    let is_space = |at: usize| text.as_bytes()[at] == b' ';
    !is_space(at) && (at == 0 || is_space(at - 1))
}

/// Returns the bugs of the suite's cases by row name, each with the case.
pub fn bugs() -> BTreeMap<String, (String, Bug)> {
    let bugs = index().cases.into_iter().filter_map(|(key, entry)| {
        let bug = entry.case.bug?;
        let guest = key.split("::").next().unwrap_or_default();
        Some((format!("{} {guest}", bug.id), (key, bug)))
    });
    bugs.collect()
}

fn index() -> Index {
    polyfill_runner::suite!().index().expect("the suite builds")
}
