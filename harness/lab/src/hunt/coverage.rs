//! What has been tried: functions, in which circumstances, with which errors.

use std::collections::{BTreeMap, BTreeSet};

use super::functions::Function;
use super::model::Facts;
use super::seen::End;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Coverage(BTreeMap<(&'static str, Facts), Tried>);

#[derive(Clone, Debug, Default)]
struct Tried {
    times: u64,
    ends: BTreeSet<String>,
}

impl Coverage {
    /// How often a function was called in such circumstances; fewer where that has ended in many ways.
    pub fn times(&self, function: &Function, facts: &Facts) -> u64 {
        let tried = self.0.get(&(function.name, state(facts)));
        tried.map_or(0, |tried| tried.times / (1 + tried.ends.len() as u64))
    }

    /// Takes in how a call has ended.
    pub fn learn(&mut self, function: &Function, facts: &Facts, end: &End) {
        let tried = self.0.entry((function.name, state(facts))).or_default();
        tried.times += 1;
        tried.ends.insert(end.to_string());
    }

    /// Takes in all that another one knows.
    pub fn join(&mut self, other: Coverage) {
        for (key, tried) in other.0 {
            let own = self.0.entry(key).or_default();
            own.times += tried.times;
            own.ends.extend(tried.ends);
        }
    }

    /// How many different (function, errno, circumstances) there were.
    pub fn len(&self) -> usize {
        self.0.values().map(|tried| tried.ends.len()).sum()
    }
}

/// The circumstances without what the run has been through.
fn state(facts: &Facts) -> Facts {
    facts.iter().copied().filter(|fact| !fact.starts_with("past: ")).collect()
}
