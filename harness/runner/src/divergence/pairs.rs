//! Comparison of two recorded sides, case by case.

use polyfill_builder::profile::Profile;
use polyfill_builder::side::Side;

use super::calls::Listing;
use super::differences::Difference;
use super::figures::Figures;
use super::recorded::Recorded;
use crate::suite::{Error, Runner};

/// Comparison of all cases of an index that have both sides.
#[derive(Clone, Debug)]
pub struct Compared {
    /// Baseline and candidate.
    pub sides: [Side; 2],
    /// Profiles of their adapters, if determined.
    pub profiles: [Option<Profile>; 2],
    /// Cases, sorted by name.
    pub cases: Vec<CaseComparison>,
}

/// Comparison of one case.
#[derive(Clone, Debug)]
pub struct CaseComparison {
    /// Name, as `guest::case`.
    pub case: String,
    /// Result of the comparison.
    pub ran: Ran,
    /// Resource use on each side, if it ran on both.
    pub figures: Option<[Figures; 2]>,
    /// Differing calls across the core boundary, if both sides report them.
    pub calls: Option<Listing>,
    /// Differing calls of the host, if both sides have a trace.
    pub host_calls: Option<Listing>,
}

/// Result of the comparison of a case.
#[derive(Clone, Debug)]
pub enum Ran {
    /// Ran on both sides, with these differences.
    Both(Vec<Difference>),
    /// Ignored on one side, with the reason.
    Ignored(String),
    /// Failed to run on one side; names the side and the reason.
    Not(String),
}

impl Compared {
    /// Runs and compares all cases, on as many threads as there are cores.
    ///
    /// # Errors
    ///
    /// Returns an error if the cases cannot be run, see [`Recorded::run`].
    pub fn run(runner: &Runner, sides: [Side; 2]) -> Result<Compared, Error> {
        Ok(Recorded::run(runner, sides.to_vec())?.pair(0, 1))
    }

    /// Adds the profiles of the adapters, in the order of the sides.
    pub fn with_profiles(mut self, [baseline, candidate]: [Option<Profile>; 2]) -> Compared {
        self.profiles = [baseline, candidate];
        self
    }
}

impl CaseComparison {
    /// Creates the comparison of a case without further details.
    pub fn of(case: &str, ran: Ran) -> CaseComparison {
        CaseComparison { case: case.to_string(), ran, figures: None, calls: None, host_calls: None }
    }
}
