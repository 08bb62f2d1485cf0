//! Two ways to run the same cases, compared: every difference is named by a rule, or it is a finding.
//!
//! `pairs` (an index -> the two cells of each case), `differences` (two observations -> in what they differ), `rules` (the
//! reviewed file), `judge` (differences and rules -> what is explained, what is not, and which rules nothing triggers any
//! more). Only running the pairs needs an engine; the rest are pure functions of data.
//!
//! What is never compared: addresses and numbers that only one run has (backtraces), host calls, imports, pages, and times of
//! files that lie in the run itself. What depends on descriptor numbers, on the order of directory entries, on inodes, or on
//! the length of one short read or write is for guests not to print.

mod differences;
mod judge;
mod lines;
mod pairs;
mod report;
mod rules;
mod value;

pub use differences::{Difference, Place, differences};
pub use judge::{Explained, Judged, Judgement, Stale};
pub use pairs::{CaseSeen, Compared as Pairs, Ran};
pub use rules::{Class, Expected, Rule, Rules, RulesError};
pub use value::Value;

/// Where a suite has its rules, if nobody says otherwise.
pub const RULES_FILE: &str = "divergences.toml";
