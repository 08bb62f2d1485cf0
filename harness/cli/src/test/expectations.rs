//! Expected failures from a file, in the format of `wasi-testsuite`:
//!
//! ```toml
//! [[suite]]
//! name = "WASI Rust tests"
//!
//! [[suite.test]]
//! name = "dangling_fd"
//! expected = "fail"
//! with = "stdout"      # kind of failure, as in `[[xfail]]` of a case; an extension of the `wasi-testsuite` format
//! reason = "cause, and a reference"
//! ```

use std::path::Path;

use anyhow::{Context, anyhow, bail};
use polyfill_builder::failing::FailureKinds;
use polyfill_builder::index::Trial;
use polyfill_runner::{OtherFailure, TrialResult, Verdict};
use serde::Deserialize;

/// Expectations of a file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expectations {
    #[serde(default)]
    suite: Vec<Suite>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Suite {
    /// Informational: tests are found by their own names.
    #[allow(dead_code, reason = "part of the format")]
    name: String,
    #[serde(default)]
    test: Vec<Test>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Test {
    /// Name of the guest.
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
    pub(super) fn read(path: Option<&Path>) -> anyhow::Result<Expectations> {
        let Some(path) = path else { return Ok(Expectations::default()) };
        let text = polyfill_builder::system::read_to_string(path)
            .with_context(|| format!("cannot read `{}`", path.display()))?;
        let file = path.display();
        let read: Expectations =
            toml::from_str(&text).map_err(|error| anyhow!("`{file}`: {}", error.to_string().trim_end()))?;
        if let Some(problem) = read.tests().find_map(Test::problem) {
            bail!("`{file}`: {problem}");
        }
        Ok(read)
    }

    fn tests(&self) -> impl Iterator<Item = &Test> {
        self.suite.iter().flat_map(|suite| &suite.test)
    }

    /// Applies the expectations to the verdicts: a trial that fails as expected passes, and one that passes
    /// unexpectedly fails. If all trials ran (`whole`), an expectation without a trial is an error.
    pub(super) fn apply<'t>(
        &self,
        trials: impl Iterator<Item = (&'t Trial, &'t mut TrialResult)>,
        path: Option<&Path>,
        whole: bool,
    ) -> anyhow::Result<()> {
        let mut trials: Vec<_> = trials.collect();
        for test in self.tests() {
            let mut met = false;
            for (_, result) in trials.iter_mut().filter(|(trial, _)| test.is_for(trial)) {
                met = true;
                test.judge(result);
            }
            if !met && whole {
                let path = path.unwrap_or(Path::new(""));
                bail!("`{}`: test `{}` not found", path.display(), test.name);
            }
        }
        Ok(())
    }
}

impl Test {
    fn is_for(&self, trial: &Trial) -> bool {
        let is = |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| found == wanted);
        trial.guest == self.name && is(&self.adapter, &trial.adapter) && is(&self.host, &trial.host)
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

    fn judge(&self, result: &mut TrialResult) {
        let reason = self.reason.clone().unwrap_or_else(|| "no reason specified".to_string());
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
