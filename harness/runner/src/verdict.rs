//! Results and verdicts of trials.

use std::path::PathBuf;
use std::time::Duration;

use polyfill_builder::failing::FailureKinds;

use crate::compare::Mismatch;
use crate::expected::{self, OtherFailure};
use crate::observation::{Observation, Outcome};

/// Result of a trial.
#[derive(Clone, Debug)]
pub struct TrialResult {
    /// Name of the trial.
    pub name: String,
    /// Verdict.
    pub verdict: Verdict,
    /// Observation; `None` for an ignored trial.
    pub observation: Option<Observation>,
    /// Differences from the case's expectations.
    pub mismatches: Vec<Mismatch>,
    /// Reason why no adapter call was checked; `None` if one was checked or nothing was run.
    pub unchecked: Option<String>,
    /// Duration, including compilation.
    pub duration: Duration,
}

impl TrialResult {
    /// Compares the failure with the expected kinds. Without kinds, accepts any difference of a completed run, but no
    /// build failure, skipped run, or limit.
    ///
    /// # Errors
    ///
    /// Returns the expected and the actual failure if they differ.
    pub fn fails_with(&self, kinds: Option<&FailureKinds>) -> Result<(), OtherFailure> {
        let missing = || Observation::of(Outcome::NotRun("nothing was observed".into()));
        match &self.observation {
            Some(observation) => expected::judge(kinds, observation, &self.mismatches),
            None => expected::judge(kinds, &missing(), &[Mismatch::Outcome { expected: String::new() }]),
        }
    }
}

/// Verdict on a trial.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// All expectations hold.
    Passed,
    /// An expectation does not hold.
    Failed {
        /// Text of the [`Report`](crate::Report).
        report: String,
    },
    /// The golden files did not match and were rewritten.
    Blessed {
        /// Paths of the rewritten files.
        files: Vec<PathBuf>,
    },
    /// The trial failed as expected: its adapter has the bug that the case detects, or the case declares the failure.
    FailedAsExpected {
        /// Reason for the expectation.
        reason: String,
    },
    /// The trial was not run.
    Ignored {
        /// Reason.
        reason: String,
    },
}
