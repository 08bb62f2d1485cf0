//! The reviewed file of violations that published adapters are known for: `sanitize.toml` in a suite's folder.

use std::path::Path;

use polyfill_build::fits;
use polyfill_build::index::Cell;
use serde::Deserialize;

use crate::compare::Mismatch;
use crate::observation::Observation;
use crate::reviewed::{self, RulesError};
use crate::suite::CellResult;
use crate::violation::{Violation, What};

/// Where a suite has them.
pub const ACCEPTED_FILE: &str = "sanitize.toml";

/// What stands for any text in a pattern.
const ANY: &str = "*";

/// A file of accepted violations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Accepted {
    /// In the order of the file.
    #[serde(rename = "accepted")]
    pub rules: Vec<AcceptedRule>,
}

/// Violations that have one cause.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AcceptedRule {
    /// A short name.
    pub id: String,
    /// A pattern of stacks: `reference-*`.
    pub adapters: String,
    /// What kind of violation it is: see [`What::KINDS`].
    pub kind: String,
    /// The functions that do it.
    pub functions: Vec<String>,
    /// A pattern of the line that tells of it: `changed 4 bytes of *`.
    pub what: String,
    /// Cases that show it, as `guest::case`: each of them must.
    pub cases: Vec<String>,
    /// Why it happens, and what comes of it.
    pub reason: String,
    /// Where that is told in full: an address, or a path from the suite's folder.
    pub link: String,
}

impl Accepted {
    /// What a suite's folder has of it; nothing is accepted where there is no such file.
    pub fn of(folder: &Path) -> Result<Accepted, RulesError> {
        reviewed::read_if_there(&folder.join(ACCEPTED_FILE), Accepted::parse)
    }

    /// Reads the text of a file; or tells all that is wrong with it.
    pub fn parse(text: &str) -> Result<Accepted, Vec<String>> {
        reviewed::parse(text, Accepted::problems)
    }

    /// Whether a mismatch is a violation that is accepted.
    pub(crate) fn is_known(&self, mismatch: &Mismatch) -> bool {
        matches!(mismatch, Mismatch::Violation(violation) if self.rule(violation).is_some())
    }

    /// The rule that a violation is accepted by.
    pub fn rule(&self, violation: &Violation) -> Option<&AcceptedRule> {
        self.rules.iter().find(|rule| rule.accepts(violation))
    }

    /// Rules whose cases do not show them, each with the case; of those cases that were seen.
    pub fn stale<'a>(&'a self, seen: &[(String, &[Violation])]) -> Vec<(&'a str, &'a str)> {
        let mut stale = Vec::new();
        for rule in &self.rules {
            for case in &rule.cases {
                let mut of_case = seen.iter().filter(|(name, _)| name == case);
                if !of_case.any(|(_, violations)| violations.iter().any(|violation| rule.accepts(violation))) {
                    stale.push((rule.id.as_str(), case.as_str()));
                }
            }
        }
        stale
    }

    /// What trials do not show of the rules, a line each: cases that there are not, and cases that ran through an adapter of a
    /// rule and do not show what it accepts. `trials` are all of a suite.
    pub fn idle<'t>(&self, trials: impl Iterator<Item = (&'t Cell, &'t CellResult)>) -> Vec<String> {
        let trials: Vec<_> = trials.collect();
        let mut idle = Vec::new();
        for rule in &self.rules {
            for case in &rule.cases {
                let of_case: Vec<_> = trials.iter().filter(|(cell, _)| cell.case_key() == *case).collect();
                let through = of_case.iter().filter(|(cell, _)| fits(&rule.adapters, ANY, &cell.adapter));
                let ran: Vec<&Observation> = through
                    .filter_map(|(_, result)| result.observation.as_ref())
                    .filter(|seen| seen.looked_at.calls > 0)
                    .collect();
                let shows = |seen: &&Observation| seen.violations.iter().any(|violation| rule.accepts(violation));
                let id = &rule.id;
                if of_case.is_empty() {
                    idle.push(format!("rule `{id}` of `{ACCEPTED_FILE}`: there is no case `{case}`"));
                } else if !ran.is_empty() && !ran.iter().any(shows) {
                    idle.push(format!("rule `{id}` of `{ACCEPTED_FILE}`: `{case}` does not show it"));
                }
            }
        }
        idle
    }

    /// What TOML's shape alone does not say.
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for (index, rule) in self.rules.iter().enumerate() {
            let id = &rule.id;
            if self.rules[..index].iter().any(|other| other.id == *id) {
                problems.push(format!("rule {id} is there twice"));
            }
            if !What::KINDS.contains(&rule.kind.as_str()) {
                problems.push(format!("rule {id}: no kind `{}`; there are {}", rule.kind, What::KINDS.join(", ")));
            }
            for (key, is_empty) in [
                ("functions", rule.functions.is_empty()),
                ("cases", rule.cases.is_empty()),
                ("reason", rule.reason.is_empty()),
                ("link", rule.link.is_empty()),
            ] {
                if is_empty {
                    problems.push(format!("rule {id}: no `{key}`"));
                }
            }
        }
        problems
    }
}

impl AcceptedRule {
    fn accepts(&self, violation: &Violation) -> bool {
        self.kind == violation.what.kind()
            && self.functions.contains(&violation.function)
            && fits(&self.adapters, ANY, &violation.adapter)
            && fits(&self.what, ANY, &violation.what.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::violation::Changed;

    const RULE: &str = r#"
        [[accepted]]
        id = "count"
        adapters = "reference-*"
        kind = "result-on-error"
        functions = ["poll_oneoff"]
        what = "changed 4 bytes of `nevents`, *"
        cases = ["poll::several"]
        reason = "known"
        link = "docs/sanitize.md"
    "#;

    fn violation(adapter: &str, function: &str, owner: &str) -> Violation {
        let changed = Changed { owner: owner.into(), start: 8, before: vec![1; 4], after: vec![0; 4] };
        Violation {
            adapter: adapter.into(),
            function: function.into(),
            call: String::new(),
            number: 1,
            depth: 0,
            what: What::ResultOnError(changed),
            frames: Vec::new(),
            writer: String::new(),
        }
    }

    #[test]
    fn a_rule_is_for_its_adapters_functions_and_words() {
        let accepted = Accepted::parse(RULE).unwrap();
        let rule = |adapter, function, owner| accepted.rule(&violation(adapter, function, owner)).map(|rule| &*rule.id);
        assert_eq!(rule("reference-command@50.0.1", "poll_oneoff", "`nevents`"), Some("count"));
        assert_eq!(rule("mine", "poll_oneoff", "`nevents`"), None);
        assert_eq!(rule("reference-command@50.0.1", "fd_read", "`nevents`"), None);
        assert_eq!(rule("reference-command@50.0.1", "poll_oneoff", "`out`"), None);
    }

    #[test]
    fn a_case_that_does_not_show_it_is_told() {
        let accepted = Accepted::parse(RULE).unwrap();
        let seen = [violation("reference-command@50.0.1", "poll_oneoff", "`nevents`")];
        assert_eq!(accepted.stale(&[("poll::several".into(), &seen[..])]), []);
        assert_eq!(accepted.stale(&[("poll::several".into(), &[])]), [("count", "poll::several")]);
        assert_eq!(accepted.stale(&[("poll::other".into(), &seen[..])]), [("count", "poll::several")]);
    }

    #[test]
    fn all_that_is_wrong_is_told() {
        let text = RULE.replace("result-on-error", "other").replace("known", "");
        let twice = format!("{text}{text}");
        assert_eq!(
            Accepted::parse(&twice).unwrap_err(),
            [
                "rule count: no kind `other`; there are memory, result-on-error, buffer-on-error, growth, realloc, handle, stack, unwritten, uninitialized",
                "rule count: no `reason`",
                "rule count is there twice",
                "rule count: no kind `other`; there are memory, result-on-error, buffer-on-error, growth, realloc, handle, stack, unwritten, uninitialized",
                "rule count: no `reason`",
            ]
        );
        assert!(Accepted::parse("[[accepted]]\nids = 1").is_err());
    }
}
