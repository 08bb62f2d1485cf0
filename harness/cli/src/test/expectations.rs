//! Expected failures from a file, in the words of `wasi-testsuite`:
//!
//! ```toml
//! [[suite]]
//! name = "WASI Rust tests"
//!
//! [[suite.test]]
//! name = "dangling_fd"
//! expected = "fail"
//! reason = "why, and where it is told of"
//! ```

use std::path::Path;

use polyfill_build::index::Cell;
use polyfill_runner::{CellResult, Verdict};
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
        toml::from_str(&text).map_err(|error| Error::Expectations {
            path: path.to_path_buf(),
            message: error.to_string().trim_end().to_string(),
        })
    }

    /// Judges once more: what is to fail and does is as it should be, and what does not any more is a failure. An
    /// expectation of nothing is a mistake.
    pub(super) fn apply<'t>(
        &self,
        trials: impl Iterator<Item = (&'t Cell, &'t mut CellResult)>,
        path: Option<&Path>,
    ) -> Result<(), Error> {
        let mut trials: Vec<_> = trials.collect();
        for test in self.suite.iter().flat_map(|suite| &suite.test) {
            let mut met = false;
            for (_, result) in trials.iter_mut().filter(|(cell, _)| test.is_for(cell)) {
                met = true;
                test.judge(&mut result.verdict);
            }
            if !met {
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

    fn judge(&self, verdict: &mut Verdict) {
        let reason = self.reason.clone().unwrap_or_else(|| "no reason is given".to_string());
        if self.action == Some(Action::Skip) {
            *verdict = Verdict::Ignored { reason };
            return;
        }
        match (self.expected, &verdict) {
            (Some(Outcome::Fail), Verdict::Failed { .. }) => *verdict = Verdict::FailedAsExpected { reason },
            (Some(Outcome::Fail), Verdict::Passed) => {
                let report = format!("it passes, and was expected to fail: {reason}");
                *verdict = Verdict::Failed { report };
            }
            _ => {}
        }
    }
}
