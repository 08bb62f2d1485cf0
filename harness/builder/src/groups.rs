//! Reports unused `[[run]]` entries of `group.toml`.

use std::collections::{BTreeMap, BTreeSet};

use crate::compile::{Compiled, Outcome};
use crate::discover::Layout;

/// Used `[[run]]` entries: index of the group in [`Layout::groups`], and index of the run in the group.
pub(crate) type UsedRuns = BTreeSet<(usize, usize)>;

/// Returns a line for each run that adds no trial to any case of its group. Groups with a guest that could not be
/// compiled are skipped.
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
            let why = if is_taken {
                "it applies to none of the guests"
            } else {
                "every case specifies its own `adapters`, `hosts` or `[[run]]`"
            };
            problems.push(format!("`{}`: `[[run]]` {} adds no trial to any case: {why}", group.source, run + 1));
        }
    }
    problems
}
