//! How much checks have looked at, over many trials: that nothing is found must not be for want of looking.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use polyfill_build::index::{Artifact, Cell};

use crate::suite::{CellResult, Verdict};
use crate::violation::{LookedAt, StackUse};

/// The calls and trials in which adapters were looked at, and those in which they were not; and what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    trials: usize,
    looked_at: LookedAt,
    /// The most that was used of an adapter's stack, and where.
    stack: Option<(StackUse, String)>,
    /// Violations by their kind.
    violations: BTreeMap<&'static str, u64>,
    /// Cases of so many calls that some were passed over, with the numbers of both.
    in_part: BTreeMap<String, String>,
    /// Cases whose runs are not the same each time.
    unsteady: BTreeSet<String>,
    /// Cases of which nothing could be looked at, each with the reason and the number of its trials.
    nothing: BTreeMap<String, (String, usize)>,
    /// Trials without adapters, or on hosts that report nothing of them, by the reason.
    unchecked: BTreeMap<String, usize>,
}

impl Compared {
    /// Counts trials that were to be checked. Ignored ones are no part of it.
    pub fn of<'a>(trials: impl IntoIterator<Item = (&'a Cell, &'a CellResult)>) -> Compared {
        let mut all = Compared::default();
        for (cell, result) in trials {
            if matches!(result.verdict, Verdict::Ignored { .. }) {
                continue;
            }
            match (&cell.artifact, &result.unchecked) {
                (Artifact::Module(_), Some(why)) => *all.unchecked.entry(why.clone()).or_default() += 1,
                (Artifact::Module(_), None) => {}
                _ => all.note(cell, result),
            }
        }
        all
    }

    fn note(&mut self, cell: &Cell, result: &CellResult) {
        let looked_at = result.observation.as_ref().map(|observation| observation.looked_at.clone());
        let looked_at = looked_at.unwrap_or_default();
        let case = cell.case_key();
        for violation in result.observation.iter().flat_map(|observation| &observation.violations) {
            *self.violations.entry(violation.what.kind()).or_default() += 1;
        }
        if looked_at.unsteady > 0 {
            self.unsteady.insert(case.clone());
        }
        match (looked_at.calls, looked_at.passed_over) {
            (0, _) => {
                let why = match &cell.artifact {
                    Artifact::Component(_) => result.unchecked.as_deref().unwrap_or("it was not run"),
                    Artifact::Module(_) | Artifact::Failed { .. } | Artifact::Ignored(_) => {
                        "there is no component to run"
                    }
                };
                let (_, trials) = self.nothing.entry(case).or_insert((why.into(), 0));
                *trials += 1;
                return;
            }
            (_, 0) => {}
            (compared, passed_over) => {
                let all = compared + passed_over;
                self.in_part.insert(case, format!("{compared} of {all} calls"));
            }
        }
        self.trials += 1;
        if let Some((function, used)) = looked_at.most_stack()
            && self.stack.as_ref().is_none_or(|(most, _)| used > *most)
        {
            let function = if function.is_empty() { "no call" } else { function };
            self.stack = Some((used, format!("in {function} of {} by {}", cell.case_key(), cell.adapter)));
        }
        self.looked_at = self.looked_at.and(&looked_at);
    }

    /// How much that was.
    pub fn looked_at(&self) -> &LookedAt {
        &self.looked_at
    }

    /// Violations by their kind, those that are accepted among them.
    pub fn violations(&self) -> &BTreeMap<&'static str, u64> {
        &self.violations
    }

    /// What was looked at in part, and what was not at all, a line each.
    pub fn gaps(&self) -> String {
        let mut text = String::new();
        for (case, calls) in &self.in_part {
            text.push_str(&format!("in part: {case}: {calls}\n"));
        }
        for case in &self.unsteady {
            text.push_str(&format!("in part: {case}: two runs are not the same\n"));
        }
        for (case, (why, trials)) in &self.nothing {
            let plural = if *trials == 1 { "" } else { "s" };
            text.push_str(&format!("nothing: {case}, {trials} trial{plural}: {why}\n"));
        }
        text
    }
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: u64| if count == 1 { "" } else { "s" };
        writeln!(f, "{}, in {} trial{}", self.looked_at, self.trials, plural(self.trials as u64))?;
        if let Some((used, place)) = &self.stack {
            writeln!(f, "most stack used: {used}, {place}")?;
        }
        for (kind, count) in &self.violations {
            writeln!(f, "found: {kind}, {count} time{}", plural(*count))?;
        }
        f.write_str(&self.gaps())?;
        for (why, count) in &self.unchecked {
            writeln!(f, "nothing: {count} trial{}: {why}", plural(*count as u64))?;
        }
        Ok(())
    }
}
