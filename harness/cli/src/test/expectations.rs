//! Expected failures from a file, in the words of `wasi-testsuite`:
//!
//! ```toml
//! [[suite]]
//! name = "WASI Rust tests"
//!
//! [[suite.test]]
//! name = "dangling_fd"
//! expected = "fail"
//! with = "stdout"      # how, as in `[[fails]]` of a case; not part of the words of `wasi-testsuite`
//! reason = "why, and where it is told of"
//! ```

use std::path::Path;

use polyfill_build::failing::FailureKinds;
use polyfill_build::index::Cell;
use polyfill_runner::{CellResult, OtherFailure, Verdict};
use serde::Deserialize;

use crate::error::Error;

/// What a file says of guests.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expectations {
    #[serde(default)]
    suite: Vec<Suite>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Suite {
    /// For people: tests are found by their own names.
    #[allow(dead_code, reason = "part of the format")]
    name: String,
    #[serde(default)]
    test: Vec<Test>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Test {
    /// The guest's name.
    name: String,
    /// Only for trials with this adapter, or on this host.
    adapter: Option<String>,
    host: Option<String>,
    action: Option<Action>,
    expected: Option<Outcome>,
    /// The kind of the expected failure; any difference of a run without it.
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
    pub(super) fn read(path: Option<&Path>) -> Result<Expectations, Error> {
        let Some(path) = path else { return Ok(Expectations::default()) };
        let text = polyfill_build::system::read_to_string(path)
            .map_err(|source| Error::Read { path: path.to_path_buf(), source })?;
        let wrong = |message: String| Error::Expectations { path: path.to_path_buf(), message };
        let read: Expectations =
            toml::from_str(&text).map_err(|error| wrong(error.to_string().trim_end().to_string()))?;
        let problem = read.tests().find_map(Test::problem);
        match problem {
            Some(problem) => Err(wrong(problem)),
            None => Ok(read),
        }
    }

    fn tests(&self) -> impl Iterator<Item = &Test> {
        self.suite.iter().flat_map(|suite| &suite.test)
    }

    /// Judges once more: a trial that must fail and does, in the way that is expected, is as it should be; one that passes is a
    /// failure. An expectation without a trial is an error where all trials are run (`whole`).
    pub(super) fn apply<'t>(
        &self,
        trials: impl Iterator<Item = (&'t Cell, &'t mut CellResult)>,
        path: Option<&Path>,
        whole: bool,
    ) -> Result<(), Error> {
        let mut trials: Vec<_> = trials.collect();
        for test in self.tests() {
            let mut met = false;
            for (_, result) in trials.iter_mut().filter(|(cell, _)| test.is_for(cell)) {
                met = true;
                test.judge(result);
            }
            if !met && whole {
                let path = path.unwrap_or(Path::new("")).to_path_buf();
                return Err(Error::Expectations { path, message: format!("there is no trial of `{}`", test.name) });
            }
        }
        Ok(())
    }
}

impl Test {
    fn is_for(&self, cell: &Cell) -> bool {
        let is = |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| found == wanted);
        cell.guest == self.name && is(&self.adapter, &cell.adapter) && is(&self.host, &cell.host)
    }

    /// An expectation of nothing.
    fn problem(&self) -> Option<String> {
        let name = &self.name;
        if self.action.is_none() && self.expected.is_none() {
            return Some(format!("`{name}`: neither `expected` nor `action` is given"));
        }
        if self.with.is_some() && self.expected != Some(Outcome::Fail) {
            return Some(format!("`{name}`: `with` needs `expected = \"fail\"` beside it"));
        }
        let is_empty = self.with.as_ref().is_some_and(|with| with.kinds().is_empty());
        is_empty.then(|| format!("`{name}`: an empty list in `with` names no kind of failure"))
    }

    fn judge(&self, result: &mut CellResult) {
        let reason = self.reason.clone().unwrap_or_else(|| "no reason is given".to_string());
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
                            "it must fail, and fails in another way\n  expected: {expected} ({reason})\n  actual:   {actual}"
                        );
                        Verdict::Failed { report: format!("{other}\n\n{report}") }
                    }
                };
            }
            (Some(Outcome::Fail), Verdict::Passed) => {
                let report = format!("it passes, and was expected to fail: {reason}");
                result.verdict = Verdict::Failed { report };
            }
            _ => {}
        }
    }
}
