//! Coverage of the checks over many trials.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use polyfill_builder::index::{Artifact, Trial};

use crate::suite::{TrialResult, Verdict};
use crate::violation::{Checked, StackUse};

/// Number of checked and unchecked calls and trials, and the violations found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    trials: usize,
    checked: Checked,
    /// Peak use of an adapter's stack, and its location.
    stack: Option<(StackUse, String)>,
    /// Number of violations by kind.
    violations: BTreeMap<&'static str, u64>,
    /// Partly checked cases, with the number of checked and of all calls.
    in_part: BTreeMap<String, String>,
    /// Cases with nondeterministic runs.
    nondeterministic: BTreeSet<String>,
    /// Unchecked cases, with the reason and the number of trials.
    nothing: BTreeMap<String, (String, usize)>,
    /// Number of trials without adapters, or on hosts that do not report adapter calls, by reason.
    unchecked: BTreeMap<String, usize>,
}

impl Compared {
    /// Sums up the trials that were to be checked. Skips ignored trials.
    pub fn of<'a>(trials: impl IntoIterator<Item = (&'a Trial, &'a TrialResult)>) -> Compared {
        let mut all = Compared::default();
        for (trial, result) in trials {
            if matches!(result.verdict, Verdict::Ignored { .. }) {
                continue;
            }
            match (&trial.artifact, &result.unchecked) {
                (Artifact::Module(_), Some(why)) => *all.unchecked.entry(why.clone()).or_default() += 1,
                (Artifact::Module(_), None) => {}
                _ => all.note(trial, result),
            }
        }
        all
    }

    fn note(&mut self, trial: &Trial, result: &TrialResult) {
        let checked = result.observation.as_ref().map(|observation| observation.checked.clone());
        let checked = checked.unwrap_or_default();
        let case = trial.case_key();
        for violation in result.observation.iter().flat_map(|observation| &observation.violations) {
            *self.violations.entry(violation.what.kind()).or_default() += 1;
        }
        if checked.nondeterministic > 0 {
            self.nondeterministic.insert(case.clone());
        }
        match (checked.calls, checked.skipped) {
            (0, _) => {
                let why = match &trial.artifact {
                    Artifact::Component(_) => result.unchecked.as_deref().unwrap_or("not run"),
                    Artifact::Module(_) | Artifact::Failed { .. } | Artifact::Ignored(_) => "no component to run",
                };
                let (_, trials) = self.nothing.entry(case).or_insert((why.into(), 0));
                *trials += 1;
                return;
            }
            (_, 0) => {}
            (compared, skipped) => {
                let all = compared + skipped;
                self.in_part.insert(case, format!("{compared} of {all} calls"));
            }
        }
        self.trials += 1;
        if let Some((function, used)) = checked.most_stack()
            && self.stack.as_ref().is_none_or(|(most, _)| used > *most)
        {
            let function = if function.is_empty() { "no call" } else { function };
            self.stack = Some((used, format!("in {function} of {} by {}", trial.case_key(), trial.adapter)));
        }
        self.checked = self.checked.and(&checked);
    }

    /// Returns the total coverage.
    pub fn checked(&self) -> &Checked {
        &self.checked
    }

    /// Returns the number of violations by kind, including accepted ones.
    pub fn violations(&self) -> &BTreeMap<&'static str, u64> {
        &self.violations
    }

    /// Lists partly checked and unchecked cases, one per line.
    pub fn gaps(&self) -> String {
        let mut text = String::new();
        for (case, calls) in &self.in_part {
            text.push_str(&format!("partly checked: {case}: {calls}\n"));
        }
        for case in &self.nondeterministic {
            text.push_str(&format!("partly checked: {case}: two runs differ\n"));
        }
        for (case, (why, trials)) in &self.nothing {
            let plural = if *trials == 1 { "" } else { "s" };
            text.push_str(&format!("not checked: {case}, {trials} trial{plural}: {why}\n"));
        }
        text
    }
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: u64| if count == 1 { "" } else { "s" };
        writeln!(f, "{}, in {} trial{}", self.checked, self.trials, plural(self.trials as u64))?;
        if let Some((used, place)) = &self.stack {
            writeln!(f, "peak stack use: {used}, {place}")?;
        }
        for (kind, count) in &self.violations {
            writeln!(f, "violations: {kind}, {count} time{}", plural(*count))?;
        }
        f.write_str(&self.gaps())?;
        for (why, count) in &self.unchecked {
            writeln!(f, "not checked: {count} trial{}: {why}", plural(*count as u64))?;
        }
        Ok(())
    }
}
