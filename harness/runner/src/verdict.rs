//! What became of a cell.

use std::path::PathBuf;
use std::time::Duration;

use polyfill_build::failing::FailureKinds;

use crate::compare::Mismatch;
use crate::expected::{self, OtherFailure};
use crate::observation::{Observation, Outcome};

/// What became of a cell.
#[derive(Clone, Debug)]
pub struct CellResult {
    /// The trial's name.
    pub name: String,
    /// Pass, fail, or what else.
    pub verdict: Verdict,
    /// What was seen; `None` for an ignored cell.
    pub observation: Option<Observation>,
    /// In what that differs from the case.
    pub mismatches: Vec<Mismatch>,
    /// The reason why no call of an adapter was checked; nothing where one was, or where there was no run.
    pub unchecked: Option<String>,
    /// The time it took, compiling included.
    pub duration: Duration,
}

impl CellResult {
    /// Compares the way in which the cell failed with the kinds that are expected of it. Without kinds, any difference of a run
    /// is expected, but not that it was not built, not run, or ended by a limit.
    ///
    /// # Errors
    ///
    /// Both ways, where the cell failed by another one.
    pub fn fails_with(&self, kinds: Option<&FailureKinds>) -> Result<(), OtherFailure> {
        let missing = || Observation::of(Outcome::NotRun("nothing was observed".into()));
        match &self.observation {
            Some(observation) => expected::judge(kinds, observation, &self.mismatches),
            None => expected::judge(kinds, &missing(), &[Mismatch::Outcome { expected: String::new() }]),
        }
    }
}

/// The judgement on a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Everything was seen as the case wants it.
    Passed,
    /// It was not. The report, for people.
    Failed {
        /// See [`Report`](crate::Report).
        report: String,
    },
    /// It was not, but now it is: these files were rewritten.
    Blessed {
        /// Their paths.
        files: Vec<PathBuf>,
    },
    /// It was not, as it has to be: the adapter's release has the bug that the case detects, or the case says so.
    FailedAsExpected {
        /// Why it has to.
        reason: String,
    },
    /// There is nothing to run here.
    Ignored {
        /// Why.
        reason: String,
    },
}
