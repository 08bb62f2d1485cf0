//! What a hunt came to, for a reader.

use std::fmt;
use std::time::Duration;

use super::rules::Rule;
use super::trial::Sides;
use super::{Block, Finding};

/// See the module.
#[derive(Clone, Debug)]
pub struct Report {
    /// The sides.
    pub sides: [String; 2],
    /// Programs that were run.
    pub programs: u64,
    /// Calls of them that were compared.
    pub calls: u64,
    /// Different (function, errno, circumstances).
    pub covered: usize,
    /// How long they took, without what was made small.
    pub took: Duration,
    /// The rules, and how many programs each has named something in.
    pub rules: Vec<(Rule, u64)>,
    /// What no rule names, that which matters most first.
    pub findings: Vec<Finding>,
}

impl Report {
    pub(super) fn new(sides: &Sides, all: &Block, findings: Vec<Finding>, took: Duration) -> Report {
        let rules = sides.rules.rules.iter().enumerate();
        Report {
            sides: [0, 1].map(|side| sides.benches[side].side().to_string()),
            programs: all.programs,
            calls: all.calls,
            covered: all.coverage.len(),
            took,
            rules: rules.map(|(at, rule)| (rule.clone(), all.rules.get(&at).copied().unwrap_or_default())).collect(),
            findings,
        }
    }

    /// The known bugs that were seen, by their names in the museum, and the programs that showed them.
    pub fn bugs(&self) -> Vec<(&str, u64)> {
        let mut bugs: Vec<(&str, u64)> = Vec::new();
        for (rule, programs) in self.rules.iter().filter(|(_, programs)| *programs > 0) {
            let Some(bug) = &rule.bug else { continue };
            match bugs.iter_mut().find(|(id, _)| *id == bug.id) {
                Some((_, count)) => *count += programs,
                None => bugs.push((&bug.id, *programs)),
            }
        }
        bugs
    }

    /// How many programs were run in a second.
    pub fn speed(&self) -> f64 {
        self.programs as f64 / self.took.as_secs_f64().max(0.001)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [old, new] = &self.sides;
        writeln!(f, "{old} and {new}\n")?;
        writeln!(
            f,
            "{} programs, {} calls, {} ways in which functions ended",
            self.programs, self.calls, self.covered
        )?;
        let named = self.rules.iter().filter(|(rule, programs)| rule.bug.is_none() && *programs > 0);
        let named: Vec<String> = named.map(|(rule, programs)| format!("{} ({programs})", rule.id)).collect();
        if !named.is_empty() {
            writeln!(f, "known differences: {}", named.join(", "))?;
        }
        let bugs = self.bugs();
        if !bugs.is_empty() {
            let bugs: Vec<String> = bugs.iter().map(|(id, programs)| format!("{id} ({programs})")).collect();
            writeln!(f, "known bugs: {}", bugs.join(", "))?;
        }
        for finding in &self.findings {
            let found = &finding.difference;
            writeln!(
                f,
                "\n{} {}: `{}` and `{}`, in {} programs",
                found.function, found.place, found.old, found.new, finding.programs
            )?;
            for (call, step) in finding.trial.program.calls.iter().zip(&finding.trial.steps) {
                let [a, b] = [&step.seen[0].end, &step.seen[1].end].map(ToString::to_string);
                let ends = if a == b { a } else { format!("{a} | {b}") };
                writeln!(f, "  {call} -> {ends}")?;
            }
        }
        writeln!(f, "\n{} without a rule", self.findings.len())
    }
}
