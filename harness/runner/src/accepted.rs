//! Reviewed list of known violations of published adapters: `known/violations.toml` in a suite's directory.

use std::path::Path;

use polyfill_builder::fits;
use polyfill_builder::index::Trial;
use serde::Deserialize;

use crate::compare::Mismatch;
use crate::observation::Observation;
use crate::reviewed::{self, RulesError};
use crate::suite::TrialResult;
use crate::violation::{Violation, ViolationKind};

/// Path of the file, relative to the suite's directory.
pub const ACCEPTED_FILE: &str = "known/violations.toml";

/// Wildcard in a pattern; matches any text.
const ANY: &str = "*";

/// Contents of an accepted-violations file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Accepted {
    /// Entries in the order of the file.
    #[serde(rename = "accepted")]
    pub rules: Vec<AcceptedRule>,
}

/// Known violations with one cause.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AcceptedRule {
    /// Short unique name.
    pub id: String,
    /// Pattern of adapter chains: `reference-*`.
    pub adapters: String,
    /// Kind of the violation, one of [`ViolationKind::KINDS`].
    pub kind: String,
    /// Functions that cause the violation.
    pub functions: Vec<String>,
    /// Pattern of the violation's one-line description: `changed 4 bytes of *`.
    pub what: String,
    /// Cases that show the violation, as `guest::case`. Each of them must show it.
    pub cases: Vec<String>,
    /// Cause and consequences of the violation.
    pub reason: String,
    /// Reference: a URL, or a path relative to the suite's directory.
    pub link: String,
}

impl Accepted {
    /// Reads the file in a suite's directory. Accepts no violations if the file does not exist.
    ///
    /// # Errors
    ///
    /// Fails if the file exists but cannot be read or is invalid.
    pub fn of(folder: &Path) -> Result<Accepted, RulesError> {
        reviewed::read_if_there(&folder.join(ACCEPTED_FILE), Accepted::parse)
    }

    /// Parses the text of a file, or reports all of its errors.
    ///
    /// # Errors
    ///
    /// Returns a message for each problem.
    pub fn parse(text: &str) -> Result<Accepted, Vec<String>> {
        reviewed::parse(text, Accepted::problems)
    }

    /// Returns true if the mismatch is an accepted violation by an adapter chain.
    pub(crate) fn is_known(&self, mismatch: &Mismatch, chain: &str) -> bool {
        matches!(mismatch, Mismatch::Violation(violation) if self.rule(violation, chain).is_some())
    }

    /// Returns the entry that accepts the violation by an adapter chain, which has the names of published adapters
    /// ([`Index::resolved`](polyfill_builder::index::Index::resolved)).
    pub fn rule(&self, violation: &Violation, chain: &str) -> Option<&AcceptedRule> {
        self.rules.iter().find(|rule| rule.accepts(violation, chain))
    }

    /// Returns each entry with those of its cases that ran without showing the violation.
    pub fn stale<'a>(&'a self, observed: &[(String, &[Violation])]) -> Vec<(&'a str, &'a str)> {
        let mut stale = Vec::new();
        for rule in &self.rules {
            for case in &rule.cases {
                let mut of_case = observed.iter().filter(|(name, _)| name == case);
                if !of_case.any(|(_, violations)| {
                    violations.iter().any(|violation| rule.accepts(violation, &violation.adapter))
                }) {
                    stale.push((rule.id.as_str(), case.as_str()));
                }
            }
        }
        stale
    }

    /// Returns one line for each entry case that does not exist, and for each case that ran through a matching adapter
    /// without showing the accepted violation. `trials` must be all trials of a suite.
    pub fn idle<'t>(&self, trials: impl Iterator<Item = (&'t Trial, &'t TrialResult)>) -> Vec<String> {
        let trials: Vec<_> = trials.collect();
        let mut idle = Vec::new();
        for rule in &self.rules {
            for case in &rule.cases {
                let of_case: Vec<_> = trials.iter().filter(|(trial, _)| trial.case_key() == *case).collect();
                let through = of_case.iter().filter(|(trial, _)| fits(&rule.adapters, ANY, &trial.adapter));
                let ran: Vec<&Observation> = through
                    .filter_map(|(_, result)| result.observation.as_ref())
                    .filter(|observed| observed.checked.calls > 0)
                    .collect();
                let shows = |observed: &&Observation| {
                    observed.violations.iter().any(|violation| rule.accepts(violation, &violation.adapter))
                };
                let id = &rule.id;
                if of_case.is_empty() {
                    idle.push(format!("rule `{id}` of `{ACCEPTED_FILE}`: unknown case `{case}`"));
                } else if !ran.is_empty() && !ran.iter().any(shows) {
                    idle.push(format!("rule `{id}` of `{ACCEPTED_FILE}`: case `{case}` does not show the violation"));
                }
            }
        }
        idle
    }

    /// Validates the constraints that the TOML schema does not express.
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for (index, rule) in self.rules.iter().enumerate() {
            let id = &rule.id;
            if self.rules[..index].iter().any(|other| other.id == *id) {
                problems.push(format!("duplicate id `{id}`"));
            }
            if !ViolationKind::KINDS.contains(&rule.kind.as_str()) {
                problems.push(format!(
                    "entry `{id}`: unknown kind `{}`; expected one of {}",
                    rule.kind,
                    ViolationKind::KINDS.join(", ")
                ));
            }
            for (key, is_empty) in [
                ("functions", rule.functions.is_empty()),
                ("cases", rule.cases.is_empty()),
                ("reason", rule.reason.is_empty()),
                ("link", rule.link.is_empty()),
            ] {
                if is_empty {
                    problems.push(format!("entry `{id}`: missing `{key}`"));
                }
            }
        }
        problems
    }
}

impl AcceptedRule {
    fn accepts(&self, violation: &Violation, chain: &str) -> bool {
        self.kind == violation.what.kind()
            && self.functions.contains(&violation.function)
            && fits(&self.adapters, ANY, chain)
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
            what: ViolationKind::ResultOnError(changed),
            frames: Vec::new(),
            writer: String::new(),
        }
    }

    #[test]
    fn entry_matches_adapter_function_and_description() {
        let accepted = Accepted::parse(RULE).unwrap();
        let rule = |adapter, function, owner| {
            accepted.rule(&violation(adapter, function, owner), adapter).map(|rule| &*rule.id)
        };
        assert_eq!(rule("reference-command@50.0.1", "poll_oneoff", "`nevents`"), Some("count"));
        assert_eq!(rule("mine", "poll_oneoff", "`nevents`"), None);
        assert_eq!(rule("reference-command@50.0.1", "fd_read", "`nevents`"), None);
        assert_eq!(rule("reference-command@50.0.1", "poll_oneoff", "`out`"), None);
    }

    #[test]
    fn case_without_the_violation_is_reported() {
        let accepted = Accepted::parse(RULE).unwrap();
        let observed = [violation("reference-command@50.0.1", "poll_oneoff", "`nevents`")];
        assert_eq!(accepted.stale(&[("poll::several".into(), &observed[..])]), []);
        assert_eq!(accepted.stale(&[("poll::several".into(), &[])]), [("count", "poll::several")]);
        assert_eq!(accepted.stale(&[("poll::other".into(), &observed[..])]), [("count", "poll::several")]);
    }

    #[test]
    fn all_problems_are_reported() {
        let text = RULE.replace("result-on-error", "other").replace("known", "");
        let twice = format!("{text}{text}");
        assert_eq!(
            Accepted::parse(&twice).unwrap_err(),
            [
                "entry `count`: unknown kind `other`; expected one of memory, result-on-error, buffer-on-error, growth, realloc, handle, stack, unwritten, uninitialized",
                "entry `count`: missing `reason`",
                "duplicate id `count`",
                "entry `count`: unknown kind `other`; expected one of memory, result-on-error, buffer-on-error, growth, realloc, handle, stack, unwritten, uninitialized",
                "entry `count`: missing `reason`",
            ]
        );
        assert!(Accepted::parse("[[accepted]]\nids = 1").is_err());
    }
}
