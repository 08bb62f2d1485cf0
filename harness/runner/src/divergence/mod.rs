//! Two ways to run the same cases, compared: every difference is named by a rule, or it is a finding.
//!
//! `recorded` (an index -> what each case showed on each side; the only part that needs an engine), `pairs` (two sides of
//! that), `differences` (two observations -> in what they differ), `figures` (what they took), `calls` (where their core calls
//! part), `rules` and `budget` (the reviewed file), `judge` (differences and rules -> what is explained, what is not, and which
//! rules nothing triggers any more), `report` and `weights` (that as text). Of more than two sides, `bisect` finds the first
//! that does something new, and `history` is that as text.
//!
//! What is never compared: addresses and numbers that only one run has (backtraces), and times of files that lie in the run
//! itself. Pages and numbers of calls are told, and fail nothing but a budget. What depends on descriptor numbers, on
//! the order of directory entries, on inodes, or on the length of one short read or write is for guests not to print.

mod bisect;
mod budget;
mod calls;
mod differences;
mod figures;
mod history;
mod judge;
mod lines;
mod pairs;
mod recorded;
mod report;
mod rules;
mod table;
mod value;
mod weights;

pub use bisect::{Bisection, Change, History, Turn};
pub use budget::{AdapterBudget, Budget, CaseBudget, Over};
pub use calls::Listing;
pub use differences::{Difference, Place, differences};
pub use figures::Figures;
pub use judge::{Explained, Judged, Judgement, Stale};
pub use pairs::{CaseSeen, Compared as Pairs, Ran};
pub use recorded::Recorded;
pub use rules::{Class, Expected, Rule, Rules};
pub use value::Value;

/// Where a suite has its rules, if nobody says otherwise.
pub const RULES_FILE: &str = "divergences.toml";
