//! Coverage of the generator: functions by circumstances and errnos.

use std::collections::{BTreeMap, BTreeSet};

use super::functions::Function;
use super::model::Facts;
use super::observed::End;

/// Number of calls by function, circumstances and result.
#[derive(Clone, Debug, Default)]
pub struct Coverage(BTreeMap<(&'static str, Facts), Tried>);

#[derive(Clone, Debug, Default)]
struct Tried {
    times: u64,
    ends: BTreeSet<String>,
}

impl Coverage {
    /// Returns the number of calls of a function in given circumstances, divided by one plus the number of
    /// their distinct results.
    pub fn times(&self, function: &Function, facts: &Facts) -> u64 {
        let tried = self.0.get(&(function.name, state(facts)));
        tried.map_or(0, |tried| tried.times / (1 + tried.ends.len() as u64))
    }

    /// Records the result of a call.
    pub fn learn(&mut self, function: &Function, facts: &Facts, end: &End) {
        let tried = self.0.entry((function.name, state(facts))).or_default();
        tried.times += 1;
        tried.ends.insert(end.to_string());
    }

    /// Merges other coverage.
    pub fn join(&mut self, other: Coverage) {
        for (key, tried) in other.0 {
            let own = self.0.entry(key).or_default();
            own.times += tried.times;
            own.ends.extend(tried.ends);
        }
    }

    /// Returns the number of distinct (function, errno, circumstances) triples.
    pub fn len(&self) -> usize {
        self.0.values().map(|tried| tried.ends.len()).sum()
    }
}

/// Returns the circumstances without the history of the run.
fn state(facts: &Facts) -> Facts {
    facts.iter().copied().filter(|fact| !fact.starts_with("past: ")).collect()
}
