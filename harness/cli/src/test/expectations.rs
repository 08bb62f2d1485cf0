//! Expected failures from files, in the formats of `wasi-testsuite`:
//!
//! ```toml
//! version = 1
//!
//! [[suite]]
//! name = "WASI Rust tests"
//!
//! [[suite.test]]
//! name = "dangling_fd"
//! expected = "fail"    # or `action = "skip"`
//! with = "stdout"      # kind of failure, as in `[[xfail]]` of a case; an extension of the `wasi-testsuite` format
//! reason = "cause, and a reference"    # an extension, as are `adapter` and `host`
//! ```
//!
//! The older format is JSON, skips tests, and contains their reasons: `{ "WASI Rust tests": { "dangling_fd": "cause" } }`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use polyfill_builder::failing::FailureKinds;
use polyfill_builder::index::Trial;
use polyfill_builder::{WasiSuite, terminal};
use polyfill_runner::{OtherFailure, TrialResult, Verdict};
use serde::Deserialize;

/// Expectations of all files.
#[derive(Debug, Default)]
pub(super) struct Expectations {
    files: Vec<(PathBuf, Vec<Suite>)>,
}

/// File in the current format.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: Option<i64>,
    #[serde(default)]
    suite: Vec<Suite>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Suite {
    /// Name of a suite of a wasi-testsuite directory. For information in other suites, whose guests have unique names.
    name: String,
    #[serde(default)]
    test: Vec<Test>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Test {
    /// Name of the test in its suite, or of the guest.
    name: String,
    /// Restricts the expectation to trials with this adapter, or on this host.
    adapter: Option<String>,
    host: Option<String>,
    action: Option<Action>,
    expected: Option<Outcome>,
    /// Kinds of the expected failure. Default: any mismatch of a run.
    with: Option<FailureKinds>,
    reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    Skip,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Pass,
    Fail,
}

impl Expectations {
    pub(super) fn read(paths: &[PathBuf]) -> anyhow::Result<Expectations> {
        let read = |path: &PathBuf| Ok((path.clone(), read(path)?));
        Ok(Expectations { files: paths.iter().map(read).collect::<anyhow::Result<_>>()? })
    }

    fn suites(&self) -> impl Iterator<Item = (&Path, &Suite)> {
        self.files.iter().flat_map(|(path, suites)| suites.iter().map(move |suite| (path.as_path(), suite)))
    }

    /// Returns an error if a suite of a wasi-testsuite directory lacks a test that is named for it.
    pub(super) fn check(&self, suites: &[WasiSuite]) -> anyhow::Result<()> {
        for (path, suite) in self.suites() {
            let named = suite.named(suites);
            if named.is_empty() {
                continue;
            }
            if let Some(test) =
                suite.test.iter().find(|test| named.iter().all(|suite| !suite.tests.contains_key(&test.name)))
            {
                bail!(
                    "`{}`: test `{}` not found in the suite `{}`\n  help: remove the entry, or correct its name",
                    path.display(),
                    test.name,
                    suite.name
                );
            }
        }
        Ok(())
    }

    /// Applies the expectations to the verdicts: a trial that fails as expected passes, and one that passes
    /// unexpectedly fails. If all trials ran (`whole`), an expectation without a trial is an error, except for a suite
    /// that is not in the wasi-testsuite directory.
    pub(super) fn apply<'t>(
        &self,
        trials: impl Iterator<Item = (&'t Trial, &'t mut TrialResult)>,
        suites: &[WasiSuite],
        whole: bool,
    ) -> anyhow::Result<()> {
        let mut trials: Vec<_> = trials.collect();
        for (path, suite) in self.suites() {
            let named = suite.named(suites);
            if named.is_empty() && !suites.is_empty() {
                continue;
            }
            for test in &suite.test {
                let guests: BTreeSet<&str> = match suites {
                    [] => BTreeSet::from([test.name.as_str()]),
                    _ => named.iter().filter_map(|suite| suite.tests.get(&test.name)).map(String::as_str).collect(),
                };
                let mut met = false;
                for (_, result) in trials.iter_mut().filter(|(trial, _)| test.is_for(&guests, trial)) {
                    met = true;
                    test.judge(path, result);
                }
                if !met && whole {
                    bail!("`{}`: test `{}` not found", path.display(), test.name);
                }
            }
        }
        Ok(())
    }

    /// Lists the suites that are not in the wasi-testsuite directory. Empty for other suites.
    pub(super) fn elsewhere(&self, suites: &[WasiSuite]) -> String {
        if suites.is_empty() {
            return String::new();
        }
        let other = self.suites().filter(|(_, suite)| suite.named(suites).is_empty());
        let lines = other.map(|(path, suite)| {
            let (path, name) = (path.display().to_string(), terminal::line(&suite.name));
            let count = match suite.test.len() {
                1 => "1 entry".to_string(),
                count => format!("{count} entries"),
            };
            format!("  {name} (`{}`): {count}\n", terminal::line(&path))
        });
        let lines: String = lines.collect();
        if lines.is_empty() {
            lines
        } else {
            format!("\nexpectations of suites that are not in this directory:\n{lines}")
        }
    }
}

impl Suite {
    /// Returns the suites of this name with tests.
    fn named<'a>(&self, suites: &'a [WasiSuite]) -> Vec<&'a WasiSuite> {
        suites.iter().filter(|found| !found.tests.is_empty() && found.is_named(&self.name)).collect()
    }
}

/// Reads a file in either format.
fn read(path: &Path) -> anyhow::Result<Vec<Suite>> {
    let file = path.display();
    let text = polyfill_builder::system::read_to_string(path).with_context(|| format!("cannot read `{file}`"))?;
    let suites = if text.trim_start().starts_with('{') {
        json(&text).with_context(|| {
            format!("`{file}`: expected the names of suites, of tests, and reasons to skip them: `{{ \"suite\": {{ \"test\": \"reason\" }} }}`")
        })?
    } else {
        let read: File =
            toml::from_str(&text).map_err(|error| anyhow!("`{file}`: {}", error.to_string().trim_end()))?;
        if let Some(version) = read.version.filter(|version| *version != 1) {
            bail!("`{file}`: `version`: expected 1, found {version}\n  help: convert the file to version 1");
        }
        read.suite
    };
    if let Some(problem) = suites.iter().flat_map(|suite| &suite.test).find_map(Test::problem) {
        bail!("`{file}`: {problem}");
    }
    Ok(suites)
}

/// Reads the older format.
fn json(text: &str) -> serde_json::Result<Vec<Suite>> {
    let suites: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_str(text)?;
    let test = |(name, reason)| Test {
        name,
        adapter: None,
        host: None,
        action: Some(Action::Skip),
        expected: None,
        with: None,
        reason: Some(reason),
    };
    Ok(suites.into_iter().map(|(name, tests)| Suite { name, test: tests.into_iter().map(test).collect() }).collect())
}

impl Test {
    fn is_for(&self, guests: &BTreeSet<&str>, trial: &Trial) -> bool {
        let is = |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| found == wanted);
        guests.contains(trial.guest.as_str()) && is(&self.adapter, &trial.adapter) && is(&self.host, &trial.host)
    }

    /// Returns a description of an expectation without effect.
    fn problem(&self) -> Option<String> {
        let name = &self.name;
        if self.action.is_none() && self.expected.is_none() {
            return Some(format!("`{name}`: expected one of the keys `expected` and `action`"));
        }
        if self.with.is_some() && self.expected != Some(Outcome::Fail) {
            return Some(format!("`{name}`: `with` requires `expected = \"fail\"`"));
        }
        let is_empty = self.with.as_ref().is_some_and(|with| with.kinds().is_empty());
        is_empty.then(|| format!("`{name}`: the list `with` is empty: expected at least one kind of failure"))
    }

    fn judge(&self, file: &Path, result: &mut TrialResult) {
        let unspecified = || format!("no reason specified in `{}`", file.display());
        let reason = self.reason.clone().unwrap_or_else(unspecified);
        if self.action == Some(Action::Skip) {
            result.verdict = Verdict::Ignored { reason };
            return;
        }
        match (self.expected, &result.verdict) {
            (Some(Outcome::Fail), Verdict::Failed { report }) => {
                result.verdict = match result.fails_with(self.with.as_ref()) {
                    Ok(()) => Verdict::FailedAsExpected { reason },
                    Err(OtherFailure { expected, actual }) => {
                        let other = format!(
                            "expected failure, but it failed in a different way\n  expected: {expected} ({reason})\n  actual:   {actual}"
                        );
                        Verdict::Failed { report: format!("{other}\n\n{report}") }
                    }
                };
            }
            (Some(Outcome::Fail), Verdict::Passed) => {
                let report = format!("unexpected pass; expected failure: {reason}");
                result.verdict = Verdict::Failed { report };
            }
            _ => {}
        }
    }
}
