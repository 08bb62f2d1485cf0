//! Two sides of what was recorded: what differs, case by case.

use polyfill_build::profile::Profile;
use polyfill_build::side::Side;

use super::calls::Listing;
use super::differences::Difference;
use super::figures::Figures;
use super::recorded::Recorded;
use crate::suite::{Error, Runner};

/// Every case of an index that has both sides, run on both.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The sides.
    pub sides: [Side; 2],
    /// Their adapters, where somebody has looked at them.
    pub profiles: [Option<Profile>; 2],
    /// The cases, sorted by name.
    pub cases: Vec<CaseSeen>,
}

/// What was seen of a case.
#[derive(Clone, Debug)]
pub struct CaseSeen {
    /// `guest::case`.
    pub case: String,
    /// What became of it.
    pub ran: Ran,
    /// What it took on each side, if it ran on both.
    pub figures: Option<[Figures; 2]>,
    /// Its calls across the core boundary, if both sides report them.
    pub calls: Option<Listing>,
    /// Its calls of the host, if both sides have a trace.
    pub host_calls: Option<Listing>,
}

/// What became of a case.
#[derive(Clone, Debug)]
pub enum Ran {
    /// It ran on both sides, and this is all that differs.
    Both(Vec<Difference>),
    /// There was nothing to run on one of them. Why.
    Ignored(String),
    /// It could not be run on one of them. Which, and why.
    Not(String),
}

impl Compared {
    /// Runs all pairs, on as many threads as there are cores.
    pub fn run(runner: &Runner, sides: [Side; 2]) -> Result<Compared, Error> {
        Ok(Recorded::run(runner, sides.to_vec())?.pair(0, 1))
    }

    /// With what is known of the adapters, in the order of the sides.
    pub fn with_profiles(mut self, [old, new]: [Option<Profile>; 2]) -> Compared {
        self.profiles = [old, new];
        self
    }
}

impl CaseSeen {
    /// Of a case of which nothing else is known.
    pub fn of(case: &str, ran: Ran) -> CaseSeen {
        CaseSeen { case: case.to_string(), ran, figures: None, calls: None, host_calls: None }
    }
}
