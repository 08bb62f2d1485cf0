//! Failed trial, as passed to the failure hook of a runner ([`Runner::keep`]).

use std::path::Path;
use std::sync::OnceLock;

use polyfill_builder::case::Case;
use polyfill_builder::index::{Artifact, Index, NATIVE, Trial};

use crate::compare::Mismatch;
use crate::engines::EngineKind;
use crate::observation::{Observation, Outcome};
use crate::suite::Runner;
use crate::time::TrialTime;
use crate::trace::Detail;

/// A failed trial.
pub struct Failure<'a> {
    /// Index of the suite.
    pub index: &'a Index,
    /// The trial.
    pub trial: &'a Trial,
    /// Case of the trial, with its overrides and with the proposals of the runner.
    pub case: &'a Case,
    /// Observation of the failed run.
    pub observation: &'a Observation,
    /// Text of the failure report.
    pub report: &'a str,
    /// Differences from the case's expectations.
    pub mismatches: &'a [Mismatch],
    pub(crate) time: &'a OnceLock<TrialTime>,
    pub(crate) runner: &'a Runner,
}

impl Failure<'_> {
    /// Returns the directory of the index.
    pub fn folder(&self) -> &Path {
        self.runner.folder()
    }

    /// Returns the component that ran; `None` on the host `native`, on external hosts, and if the build failed.
    pub fn component(&self) -> Option<Vec<u8>> {
        let (host, _) = EngineKind::of(&self.trial.host).ok()?;
        if self.runner.remote(self.index, host).is_some() {
            return None;
        }
        let Artifact::Component(file) = &self.trial.artifact else { return None };
        polyfill_builder::system::read(self.folder().join(file)).ok()
    }

    /// Returns the guest's core module, which the index contains if the guest also runs on the host `native`.
    pub fn main(&self) -> Option<Vec<u8>> {
        let is_it = |trial: &&Trial| trial.guest == self.trial.guest && trial.host == NATIVE;
        let file = self.index.trials.iter().filter(is_it).find_map(|trial| match &trial.artifact {
            Artifact::Module(file) => Some(file),
            _ => None,
        });
        polyfill_builder::system::read(self.folder().join(file?)).ok()
    }

    /// Reruns the trial with full tracing, within the rest of the trial's time budget.
    ///
    /// # Errors
    ///
    /// Returns a description if the trial has used up its time limit, or if the traced run exceeds it.
    pub fn traced(&self) -> Result<Observation, String> {
        if let Outcome::Timeout { .. } = self.observation.outcome {
            return Err("the time limit of the trial is used up".into());
        }
        let again = self.runner.observe(self.index, self.trial, self.case, Detail::Full, self.time);
        match again.outcome {
            Outcome::Timeout { .. } => Err("the traced run exceeds the time limit of the trial".into()),
            _ => Ok(again),
        }
    }

    /// Returns the command that records the trial to the file `out`; `None` if the command line cannot run the trial.
    pub fn record_command(&self, out: &str) -> Option<String> {
        // The command line has neither the code of a test binary nor the directory of another project's tests.
        if self.case.host_code || self.runner.again.contains("--wasi-testsuite") {
            return None;
        }
        let suite = match self.runner.root.to_str()? {
            "." | "" => String::new(),
            root => format!(" --suite {root}"),
        };
        let names: Vec<String> = self.runner.proposals.iter().map(ToString::to_string).collect();
        let wasm = if names.is_empty() { String::new() } else { format!(" --wasm {}", names.join(",")) };
        Some(format!("polyfill record {}{suite}{wasm} -o {out}", self.trial.name()))
    }
}
