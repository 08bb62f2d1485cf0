//! Text and JSON report of fault injection.

use std::collections::BTreeSet;
use std::fmt;

use polyfill_builder::case::Proposal;
use serde::Serialize;

use super::failure_modes::Group;
use super::judge::RIGHT;
use super::table::{Count, Trial};

/// Maximum number of faults listed per row.
const MOST_NAMED: usize = 4;

/// Report on all sides.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Judgement {
    /// Results by side.
    pub sides: Vec<SideJudgement>,
    /// Triggered rules, each with the number of faults that it covers.
    pub rules: Vec<(String, u64)>,
    /// Rules that no fault triggers.
    pub stale: Vec<String>,
    /// Proposals that were enabled in addition to those of the cases.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub proposals: BTreeSet<Proposal>,
}

/// Results of one side.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SideJudgement {
    /// Adapter and host.
    pub side: String,
    /// Each case with the numbers of adapter calls and host calls.
    pub cases: Vec<(String, usize, usize)>,
    /// Skipped cases, each with the reason.
    pub left_out: Vec<(String, String)>,
    /// Number of injected faults.
    pub faults: u64,
    /// Rows of equal results.
    pub rows: Vec<Row>,
}

/// Faults of one kind in one host function, within one guest function, with the same outcome.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Row {
    /// The guest's function.
    pub function: String,
    /// The host function without its version.
    pub call: String,
    /// Kind of the faults.
    pub group: Group,
    /// Outcome.
    pub outcome: String,
    /// Id of the rule that covers the outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Number of occurrences.
    pub count: u64,
    /// Names of the faults.
    pub faults: Vec<String>,
    /// First occurrence.
    pub first: Count,
}

impl Row {
    pub(super) fn new(trial: &Trial, rule: Option<String>, first: &Count) -> Row {
        let Trial { function, call, group, outcome, .. } = trial.clone();
        Row { function, call, group, outcome, rule, count: 0, faults: Vec::new(), first: first.clone() }
    }

    pub(super) fn add(&mut self, fault: &str, count: &Count) {
        self.count += count.faults;
        self.faults.push(fault.to_string());
    }

    /// Returns true if the outcome is wrong and no rule covers it.
    pub fn is_wrong(&self) -> bool {
        self.outcome != RIGHT && self.rule.is_none()
    }

    fn named(&self) -> String {
        let named = self.faults[..self.faults.len().min(MOST_NAMED)].join(", ");
        match self.faults.len().saturating_sub(MOST_NAMED) {
            0 => named,
            more => format!("{named}, {more} more"),
        }
    }
}

impl Judgement {
    /// Returns true if a rule covers each wrong outcome and each rule is triggered.
    pub fn is_clean(&self) -> bool {
        self.wrong().next().is_none() && self.stale.is_empty()
    }

    /// Returns the rows that no rule covers, each with its side.
    pub fn wrong(&self) -> impl Iterator<Item = (&str, &Row)> {
        self.sides
            .iter()
            .flat_map(|side| side.rows.iter().map(|row| (side.side.as_str(), row)))
            .filter(|(_, row)| row.is_wrong())
    }
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for side in &self.sides {
            writeln!(f, "{side}")?;
        }
        for id in &self.stale {
            writeln!(f, "rule {id} is not triggered")?;
        }
        let wrong = self.wrong().count();
        if wrong > 0 {
            writeln!(f, "wrong:")?;
        }
        let wasm: String = self.proposals.iter().map(|proposal| format!(" --wasm {proposal}")).collect();
        for (side, row) in self.wrong() {
            let Row { function, call, outcome, count, first, .. } = row;
            writeln!(f, "  {function}, {call}: {} -> {outcome} ({count})", row.named())?;
            writeln!(f, "    polyfill inject {} --adapter {side} --fault '{}'{wasm}", first.case, first.at)?;
        }
        writeln!(f, "{wrong} without a rule")
    }
}

impl fmt::Display for SideJudgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let core: usize = self.cases.iter().map(|(_, core, _)| core).sum();
        let host: usize = self.cases.iter().map(|(_, _, host)| host).sum();
        writeln!(
            f,
            "{}: {} cases, {core} calls of the adapter, {host} of the host, {} faults",
            self.side,
            self.cases.len(),
            self.faults
        )?;
        for (case, why) in &self.left_out {
            writeln!(f, "  skipped: {case}: {}", why.lines().next().unwrap_or_default())?;
        }
        let mut last = ("", "");
        for row in &self.rows {
            if row.function != last.0 {
                writeln!(f, "\n{}", row.function)?;
            }
            if (row.function.as_str(), row.call.as_str()) != last {
                writeln!(f, "  {}", row.call)?;
            }
            last = (&row.function, &row.call);
            let mark = match (&row.rule, row.is_wrong()) {
                (Some(rule), _) => format!("  [{rule}]"),
                (None, true) => "  WRONG".to_string(),
                (None, false) => String::new(),
            };
            let what = match row.outcome.as_str() {
                RIGHT => RIGHT.to_string(),
                outcome => format!("{outcome}: {}", row.named()),
            };
            writeln!(f, "    {:<16} {:>6}  {what}{mark}", row.group.word(), row.count)?;
        }
        Ok(())
    }
}
