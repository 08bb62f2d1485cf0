//! Text report of differential fuzzing.

use std::fmt;
use std::time::Duration;

use super::rules::Rule;
use super::trial::Sides;
use super::{Block, Finding};

/// Results of a fuzzing run.
#[derive(Clone, Debug)]
pub struct Report {
    /// The sides.
    pub sides: [String; 2],
    /// Number of programs.
    pub programs: u64,
    /// Number of compared calls.
    pub calls: u64,
    /// Number of distinct (function, errno, circumstances) triples.
    pub covered: usize,
    /// Duration without shrinking.
    pub took: Duration,
    /// Rules, each with the number of programs in which it applied.
    pub rules: Vec<(Rule, u64)>,
    /// Differences that no rule covers, the most important ones first.
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

    /// Returns the observed known bugs by their names in the regression corpus, each with the number of programs.
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

    /// Returns the number of programs per second.
    pub fn speed(&self) -> f64 {
        self.programs as f64 / self.took.as_secs_f64().max(0.001)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [baseline, candidate] = &self.sides;
        writeln!(f, "{baseline} and {candidate}\n")?;
        writeln!(f, "{} programs, {} calls, {} distinct results", self.programs, self.calls, self.covered)?;
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
                found.function, found.place, found.baseline, found.candidate, finding.programs
            )?;
            for (call, step) in finding.trial.program.calls.iter().zip(&finding.trial.steps) {
                let [a, b] = [&step.observed[0].end, &step.observed[1].end].map(ToString::to_string);
                let ends = if a == b { a } else { format!("{a} | {b}") };
                writeln!(f, "  {call} -> {ends}")?;
            }
        }
        writeln!(f, "\n{} unknown differences", self.findings.len())
    }
}
