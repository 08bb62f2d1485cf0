//! What a sweep came to, for a reader and for tools.

use std::fmt;

use serde::Serialize;

use super::judge::RIGHT;
use super::table::{Cell, Count};
use super::ways::Group;

/// Faults of a row that are named.
const MOST_NAMED: usize = 4;

/// See the module.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Judgement {
    /// By side.
    pub sides: Vec<SideJudgement>,
    /// The rules that were seen at work, and how many faults each names.
    pub rules: Vec<(String, u64)>,
    /// Rules that nothing triggers.
    pub stale: Vec<String>,
}

/// A side's.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SideJudgement {
    /// The side.
    pub side: String,
    /// Each case with its calls of the adapter, and those of the host.
    pub cases: Vec<(String, usize, usize)>,
    /// Cases that were left out, and why.
    pub left_out: Vec<(String, String)>,
    /// Faults that were made.
    pub faults: u64,
    /// What was seen.
    pub rows: Vec<Row>,
}

/// Faults of one kind in one host's function, under one function of the guest's, that came to the same.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Row {
    /// The guest's function.
    pub function: String,
    /// The host's function, without its version.
    pub call: String,
    /// The kind.
    pub group: Group,
    /// What came of it.
    pub outcome: String,
    /// The rule that names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// How often that was seen.
    pub count: u64,
    /// The faults.
    pub faults: Vec<String>,
    /// The first of them.
    pub first: Count,
}

impl Row {
    pub(super) fn new(cell: &Cell, rule: Option<String>, first: &Count) -> Row {
        let Cell { function, call, group, outcome, .. } = cell.clone();
        Row { function, call, group, outcome, rule, count: 0, faults: Vec::new(), first: first.clone() }
    }

    pub(super) fn add(&mut self, fault: &str, count: &Count) {
        self.count += count.faults;
        self.faults.push(fault.to_string());
    }

    /// Whether no rule names what is not right.
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
    /// Whether each outcome that is not right has a rule, and each rule one.
    pub fn is_clean(&self) -> bool {
        self.wrong().next().is_none() && self.stale.is_empty()
    }

    /// What no rule names, with its side.
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
            writeln!(f, "rule {id}: nothing triggers it")?;
        }
        let wrong = self.wrong().count();
        if wrong > 0 {
            writeln!(f, "wrong:")?;
        }
        for (side, row) in self.wrong() {
            let Row { function, call, outcome, count, first, .. } = row;
            writeln!(f, "  {function}, {call}: {} -> {outcome} ({count})", row.named())?;
            writeln!(f, "    polyfill sweep {} --adapter {side} --fault '{}'", first.case, first.at)?;
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
            writeln!(f, "  left out: {case}: {}", why.lines().next().unwrap_or_default())?;
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
