//! What was seen, by function, fault and outcome.

use std::collections::BTreeMap;

use serde::Serialize;

use super::judge::{RIGHT, Verdict};
use super::report::{Judgement, Row, SideJudgement};
use super::rules::Rules;
use super::ways::Group;

/// Faults that are told apart by nothing but the call and the case that they are in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Cell {
    /// The guest's function.
    pub function: String,
    /// The host's function, without its version.
    pub call: String,
    /// What kind of fault.
    pub group: Group,
    /// Which one.
    pub fault: String,
    /// What came of it.
    pub outcome: String,
}

/// How often that was seen, and where first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Count {
    /// How often.
    pub faults: u64,
    /// `guest::case` of the first one.
    pub case: String,
    /// The fault there: `12:no-entry`.
    pub at: String,
}

/// All that was seen on a side.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The side.
    pub side: String,
    /// Each case with its calls of the adapter, and those of the host.
    pub cases: Vec<(String, usize, usize)>,
    /// Cases that were left out, and why.
    pub left_out: Vec<(String, String)>,
    /// Faults that were made.
    pub runs: u64,
    /// What was seen.
    pub cells: BTreeMap<Cell, Count>,
}

impl Table {
    /// Counts what came of a fault.
    pub(super) fn add(&mut self, case: &str, at: &str, group: Group, fault: &str, verdict: &Verdict) {
        self.runs += 1;
        for outcome in &verdict.outcomes {
            let (function, call) = (verdict.function.clone(), verdict.call.clone());
            let cell = Cell { function, call, group, fault: fault.to_string(), outcome: outcome.clone() };
            let first = || Count { faults: 0, case: case.to_string(), at: at.to_string() };
            self.cells.entry(cell).or_insert_with(first).faults += 1;
        }
    }
}

/// All that was seen on all sides.
#[derive(Clone, Debug, Default)]
pub struct Swept {
    /// By side.
    pub tables: Vec<Table>,
    /// Whether all of a suite's cases and functions were asked for: then each rule has to be seen at work.
    pub whole: bool,
}

impl Swept {
    /// Each outcome that is not right with the rule that names it. Runs nothing.
    pub fn judge(&self, rules: &Rules) -> Judgement {
        let mut used = vec![0; rules.rules.len()];
        let mut sides = Vec::new();
        for table in &self.tables {
            let mut rows: BTreeMap<(&str, &str, Group, &str, Option<usize>), Row> = BTreeMap::new();
            for (cell, count) in &table.cells {
                let rule = if cell.outcome == RIGHT { None } else { rules.find(&table.side, cell) };
                if let Some(number) = rule {
                    used[number] += count.faults;
                }
                let id = rule.map(|number| rules.rules[number].id.clone());
                let key = (cell.function.as_str(), cell.call.as_str(), cell.group, cell.outcome.as_str(), rule);
                rows.entry(key).or_insert_with(|| Row::new(cell, id, count)).add(&cell.fault, count);
            }
            let rows = rows.into_values().collect();
            let Table { side, cases, left_out, runs, .. } = table.clone();
            sides.push(SideJudgement { side, cases, left_out, faults: runs, rows });
        }
        let about = |number: &usize| self.tables.iter().any(|table| rules.rules[*number].is_about(&table.side));
        let stale = (0..used.len()).filter(|number| self.whole && used[*number] == 0 && about(number));
        let stale = stale.map(|number| rules.rules[number].id.clone()).collect();
        let used = rules.rules.iter().map(|rule| rule.id.clone()).zip(used).filter(|(_, count)| *count > 0).collect();
        Judgement { sides, rules: used, stale }
    }
}
