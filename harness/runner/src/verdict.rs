//! What became of a cell.

use std::path::PathBuf;
use std::time::Duration;

use crate::compare::Mismatch;
use crate::observation::Observation;

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
    /// The time it took, compiling included.
    pub duration: Duration,
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
