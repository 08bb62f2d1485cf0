//! The `[[run]]`s of `group.toml`: one that no case takes is a mistake.

use std::collections::{BTreeMap, BTreeSet};

use crate::compile::{Compiled, Outcome};
use crate::discover::Layout;

/// A group's `[[run]]`s: the number of the group in [`Layout::groups`], and of the run in it.
pub(crate) type UsedRuns = BTreeSet<(usize, usize)>;

/// The runs that give no case of their groups a cell, a line each. Of a group with a guest that could not be compiled, nothing is
/// known.
pub(crate) fn idle(layout: &Layout, guests: &BTreeMap<String, Compiled>, used: &UsedRuns) -> Vec<String> {
    let is_ready = |name: &str| guests.get(name).is_some_and(|compiled| matches!(compiled.outcome, Outcome::Ready(_)));
    let mut problems = Vec::new();
    for (number, group) in layout.groups.iter().enumerate() {
        let takes =
            |case: &&crate::discover::CaseFile| case.case.as_ref().map_or(true, |case| case.runs_of == Some(number));
        let mut takers = layout.guests.iter().filter(|guest| guest.cases.iter().any(|case| takes(&case))).peekable();
        let is_taken = takers.peek().is_some();
        if !takers.all(|guest| {
            is_ready(&guest.name) && guest.faults.is_empty() && guest.cases.iter().all(|case| case.case.is_ok())
        }) {
            continue;
        }
        for run in (0..group.runs).filter(|run| !used.contains(&(number, *run))) {
            let why = match is_taken {
                true => "it makes sense for no guest that takes it",
                false => "each case says itself where it runs (`adapters`, `hosts` or `[[run]]`)",
            };
            problems.push(format!("`{}`: `[[run]]` {} gives no case a trial: {why}", group.source, run + 1));
        }
    }
    problems
}
