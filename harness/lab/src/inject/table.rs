//! Results by guest function, fault and outcome.

use std::collections::{BTreeMap, BTreeSet};

use polyfill_builder::case::Proposal;
use serde::Serialize;

use super::failure_modes::Group;
use super::judge::{RIGHT, Verdict};
use super::report::{Judgement, Row, SideJudgement};
use super::rules::Rules;

/// Key of faults that differ only in their call and case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Trial {
    /// The guest's function.
    pub function: String,
    /// The host function without its version.
    pub call: String,
    /// Kind of the fault.
    pub group: Group,
    /// Name of the fault.
    pub fault: String,
    /// Outcome.
    pub outcome: String,
}

/// Number of occurrences and the first of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Number of occurrences.
    pub faults: u64,
    /// Case of the first one, `guest::case`.
    pub case: String,
    /// Fault of the first one: `12:no-entry`.
    pub at: String,
}

/// Results of one side.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Adapter and host.
    pub side: String,
    /// Each case with the numbers of adapter calls and host calls.
    pub cases: Vec<(String, usize, usize)>,
    /// Skipped cases, each with the reason.
    pub left_out: Vec<(String, String)>,
    /// Number of injected faults.
    pub runs: u64,
    /// Counts by key.
    pub trials: BTreeMap<Trial, Count>,
}

impl Table {
    /// Adds the result of a fault.
    pub(super) fn add(&mut self, case: &str, at: &str, group: Group, fault: &str, verdict: &Verdict) {
        self.runs += 1;
        for outcome in &verdict.outcomes {
            let (function, call) = (verdict.function.clone(), verdict.call.clone());
            let trial = Trial { function, call, group, fault: fault.to_string(), outcome: outcome.clone() };
            let first = || Count { faults: 0, case: case.to_string(), at: at.to_string() };
            self.trials.entry(trial).or_insert_with(first).faults += 1;
        }
    }
}

/// Results of all sides.
#[derive(Clone, Debug, Default)]
pub struct Swept {
    /// Results by side.
    pub tables: Vec<Table>,
    /// Set when all cases and functions of a suite were selected: then every rule must be triggered.
    pub whole: bool,
    /// Proposals that were enabled in addition to those of the cases.
    pub proposals: BTreeSet<Proposal>,
}

impl Swept {
    /// Assigns a rule to each wrong outcome. Runs nothing.
    pub fn judge(&self, rules: &Rules) -> Judgement {
        let mut used = vec![0; rules.rules.len()];
        let mut sides = Vec::new();
        for table in &self.tables {
            let mut rows: BTreeMap<(&str, &str, Group, &str, Option<usize>), Row> = BTreeMap::new();
            for (trial, count) in &table.trials {
                let rule = if trial.outcome == RIGHT { None } else { rules.find(&table.side, trial) };
                if let Some(number) = rule {
                    used[number] += count.faults;
                }
                let id = rule.map(|number| rules.rules[number].id.clone());
                let key = (trial.function.as_str(), trial.call.as_str(), trial.group, trial.outcome.as_str(), rule);
                rows.entry(key).or_insert_with(|| Row::new(trial, id, count)).add(&trial.fault, count);
            }
            let rows = rows.into_values().collect();
            let Table { side, cases, left_out, runs, .. } = table.clone();
            sides.push(SideJudgement { side, cases, left_out, faults: runs, rows });
        }
        let about = |number: &usize| self.tables.iter().any(|table| rules.rules[*number].is_about(&table.side));
        let stale = (0..used.len()).filter(|number| self.whole && used[*number] == 0 && about(number));
        let stale = stale.map(|number| rules.rules[number].id.clone()).collect();
        let used = rules.rules.iter().map(|rule| rule.id.clone()).zip(used).filter(|(_, count)| *count > 0).collect();
        Judgement { sides, rules: used, stale, proposals: self.proposals.clone() }
    }
}
