//! Fault-free run: the baseline for runs with a fault.

use std::collections::BTreeMap;

use polyfill_runner::{FileState, Observation, Outcome, StagedRun};

use super::calls::{CoreCall, core_calls};

/// A fault-free run.
pub(super) struct Clean {
    pub(super) run: StagedRun,
    pub(super) calls: Vec<CoreCall>,
    pub(super) held: BTreeMap<String, usize>,
}

impl Clean {
    pub(super) fn of(run: StagedRun) -> Clean {
        Clean { calls: core_calls(&run.trace), held: counted(&run.held), run }
    }

    /// Returns true if another run is identical.
    pub(super) fn is_repeated_by(&self, other: &Clean) -> bool {
        same_calls(&self.calls, &other.calls) && self.held == other.held && same_end(&self.run, &other.run)
    }

    /// Returns a `leaks` outcome for each resource of which another run holds more handles at its end.
    pub(super) fn leaks_of(&self, other: &StagedRun) -> Vec<String> {
        let held = counted(&other.held);
        let more = held.iter().filter(|(name, count)| **count > self.held.get(*name).copied().unwrap_or_default());
        more.map(|(name, _)| format!("leaks {name}")).collect()
    }
}

/// Counts handles by resource.
fn counted(held: &[String]) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for name in held {
        *counted.entry(name.split('#').next().unwrap_or_default().to_string()).or_default() += 1;
    }
    counted
}

/// Returns true if the same calls returned the same results.
pub(super) fn same_calls(a: &[CoreCall], b: &[CoreCall]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_like(b))
}

/// Returns true if outcome, output and files of two runs are equal.
pub(super) fn same_end(a: &StagedRun, b: &StagedRun) -> bool {
    let of = |run: &StagedRun| {
        let Observation { stdout, stderr, files, .. } = &run.observation;
        let content = |state: &FileState| match state {
            FileState::File { content, .. } => Some(content.clone()),
            FileState::Link { to } => Some(to.clone().into_bytes()),
            FileState::Folder { .. } | FileState::Other => None,
        };
        let files = files
            .as_ref()
            .map(|files| files.iter().map(|(path, state)| (path.clone(), content(state))).collect::<Vec<_>>());
        (stdout.clone(), stderr.clone(), files)
    };
    same_outcome(&a.observation.outcome, &b.observation.outcome) && of(a) == of(b)
}

/// Returns true if two outcomes are equal. All traps are equal.
pub(super) fn same_outcome(a: &Outcome, b: &Outcome) -> bool {
    match (a, b) {
        (Outcome::Trap(_), Outcome::Trap(_)) => true,
        _ => a == b,
    }
}
