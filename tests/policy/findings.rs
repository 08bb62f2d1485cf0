//! Checks that the output blocks in `docs/findings` match real output, and that known bugs with a file there link to
//! it.
//!
//! `BLESS=1` updates the blocks.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use polyfill_builder::index::NATIVE;
use polyfill_builder::side::Side;
use polyfill_runner::Observation;
use polyfill_testing::golden;

/// Start of an output block, followed by its case.
const BLOCK: &str = "```text output=";

#[test]
fn documented_output_is_real_output() {
    for (name, text) in findings() {
        let mut written = String::new();
        let mut rest = text.as_str();
        while let Some((before, behind)) = rest.split_once(BLOCK) {
            let (case, behind) = behind.split_once('\n').expect("a block has a first line");
            let end = behind.find("```\n").expect("a block has an end");
            let actual = actual().get(case).unwrap_or_else(|| panic!("{name}: case {case} not found"));
            written += &format!("{before}{BLOCK}{case}\n{actual}");
            rest = &behind[end..];
        }
        golden::assert(&folder().join(&name), &(written + rest));
    }
}

#[test]
fn cases_link_to_their_findings() {
    let index = polyfill_runner::suite!().index().expect("the suite builds");
    let mut linked: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (key, entry) in &index.cases {
        let link = entry.case.bug.as_ref().and_then(|bug| bug.link.clone()).unwrap_or_default();
        if let Some(name) = link.strip_prefix("docs/findings/") {
            assert!(folder().join(name).is_file(), "{key}: `{link}` not found");
            linked.entry(name.to_string()).or_default().insert(key.clone());
        }
    }
    for (name, text) in findings() {
        let cases: BTreeSet<String> =
            text.split(BLOCK).skip(1).filter_map(|block| block.lines().next().map(str::to_string)).collect();
        // Findings without a guest have a test.
        if let Some(test) = text.split("cargo test --locked --test encoding ").nth(1) {
            let name = test.split_whitespace().next().unwrap_or_default();
            assert!(
                include_str!("../encoding/unused_global.rs").contains(&format!("fn {name}()")),
                "{name} is not a test of `encoding`"
            );
            continue;
        }
        // Findings of a host are reasons of its skipped trials.
        if text.contains("cargo test --locked --test comparisons -- --ignored skipped") {
            assert!(include_str!("../../hosts/node.toml").contains(&name), "{name} is not a reason in hosts/node.toml");
            continue;
        }
        let none = BTreeSet::new();
        assert!(!cases.is_empty(), "{name} has no output block");
        assert!(
            linked.get(&name).unwrap_or(&none).is_superset(&cases),
            "{name} shows {cases:?}, which do not link to it"
        );
    }
}

#[test]
fn findings_have_the_same_sections() {
    for (name, text) in findings() {
        let sections: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(sections, ["Specification", "Observed behavior", "Cause", "Reproduce"], "{name}");
    }
}

/// The command in a finding selects its cases, and its links are valid.
#[test]
fn commands_and_links_are_valid() {
    for (name, text) in findings() {
        let words: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("cargo run -q -- matrix "))
            .flat_map(str::split_whitespace)
            .collect();
        let by_test = ["encoding ", "comparisons -- --ignored skipped"]
            .iter()
            .any(|test| text.contains(&format!("cargo test --locked --test {test}")));
        assert!(by_test || !words.is_empty(), "{name} contains no command to reproduce it");
        for word in words {
            let case = word.strip_suffix("::").unwrap_or(word);
            assert!(text.contains(&format!("{BLOCK}{case}\n")), "{name}: `{word}` is not one of its cases");
        }
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://")) {
            assert!(folder().join(link).exists(), "{name}: `{link}` not found");
        }
    }
}

/// Returns the output of each documented case without an adapter and through the newest adapter.
fn actual() -> &'static BTreeMap<String, String> {
    static SEEN: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    SEEN.get_or_init(|| {
        let runner = polyfill_runner::suite!().bless(false);
        let index = runner.index().expect("the suite builds");
        let texts: String = findings().into_values().collect();
        let newest: Side = "reference-command@wasi".parse().expect("a side");
        let wanted = |case: &str| texts.contains(&format!("{BLOCK}{case}\n"));
        let mut actual = BTreeMap::new();
        // The guest without an adapter comes first.
        for side in [Side::Native, newest] {
            for trial in index.trials.iter().filter(|trial| side.is_side_of(trial) && wanted(&trial.case_key())) {
                let observation = runner.run_trial(&index, trial).observation.expect("the trial runs");
                let name = if trial.host == NATIVE { NATIVE.to_string() } else { side.to_string() };
                let text: &mut String = actual.entry(trial.case_key()).or_default();
                text.push_str(&shown(&name, &observation));
            }
        }
        actual
    })
}

fn shown(name: &str, observation: &Observation) -> String {
    let mut text = format!("{name}: {}\n", observation.outcome);
    for (prefix, bytes) in [("  ", &observation.stdout), ("  stderr: ", &observation.stderr)] {
        for line in String::from_utf8_lossy(bytes).lines() {
            text.push_str(&format!("{prefix}{}\n", line.trim_end()));
        }
    }
    text
}

/// Returns the files by name.
fn findings() -> BTreeMap<String, String> {
    let files = fs::read_dir(folder()).expect("findings exist").map(|entry| entry.expect("an entry").path());
    let name = |path: &PathBuf| path.file_name().expect("files have names").to_string_lossy().into_owned();
    let read = |path: PathBuf| (name(&path), fs::read_to_string(path).expect("text"));
    files.map(read).filter(|(name, _)| name != "README.md").collect()
}

fn folder() -> PathBuf {
    polyfill_runner::root_dir(env!("CARGO_MANIFEST_DIR")).join("docs/findings")
}
