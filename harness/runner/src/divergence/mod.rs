//! Comparison of the same cases on two sides, a baseline and a candidate. Every difference must be explained by a rule;
//! otherwise it is a finding.
//!
//! `recorded` runs the cases of an index on all sides and is the only part that requires an engine. `pairs` compares
//! two of the sides. `differences` compares two observations, `figures` holds resource use, and `calls` aligns core
//! calls. `rules` and `budget` read the reviewed files. `judge` determines explained differences, unexplained
//! differences, and stale rules. `report` and `weights` format the result. For more than two sides, `bisect` finds the
//! first side with a change, and `history` formats that.
//!
//! Never compared: addresses and numbers that differ from run to run (backtraces), and times of files written in the
//! run. Numbers of pages and calls are reported, and fail a budget only. Guests must not print anything that depends on
//! descriptor numbers, the order of directory entries, inodes, or the length of a single short read or write.

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
pub use budget::{AdapterBudget, Budget, CaseBudget, Excess};
pub use calls::Listing;
pub use differences::{Difference, Place, differences};
pub use figures::Figures;
pub use judge::{Explained, Judged, Judgement, Stale};
pub use pairs::{CaseComparison, Compared as Pairs, Ran};
pub use recorded::Recorded;
pub use rules::{Class, Expected, Rule, Rules};
pub use value::Value;

/// Default name of a suite's file of rules.
pub const RULES_FILE: &str = "known/output.toml";
