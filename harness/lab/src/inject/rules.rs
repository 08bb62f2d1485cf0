//! Known differences of fault injection: the reviewed file of wrong outcomes, each with its reason.

use std::path::Path;

use polyfill_builder::side::Side;
use polyfill_runner::divergence::Class;
use polyfill_runner::reviewed::{self, RulesError};
use serde::{Deserialize, Serialize};

use super::judge::RIGHT;
use super::table::Trial;

/// Name of the rule file in a suite's root directory.
pub const RULES_FILE: &str = "known/faults.toml";
/// Wildcard for any text.
const ANY: &str = "*";

/// Rule file, with the default selection.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Default sides.
    #[serde(default)]
    pub adapters: Vec<Side>,
    /// Default filter: words, one of which must occur in the name of a trial.
    #[serde(default)]
    pub cases: Vec<String>,
    /// Rules. The first one that matches applies.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
}

/// Outcomes of faults with a common cause. In all patterns, `*` matches any text.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Id of the rule.
    pub id: String,
    /// Kind of the difference: a permitted choice or a bug.
    pub class: Class,
    /// Cause of the outcome.
    pub reason: String,
    /// Details: a URL or a file of the suite.
    pub link: String,
    /// Patterns of sides, `ADAPTER@HOST`.
    pub adapters: Vec<String>,
    /// Patterns of the guest's functions.
    #[serde(default = "any")]
    pub functions: Vec<String>,
    /// Patterns of the host functions, without versions.
    #[serde(default = "any")]
    pub calls: Vec<String>,
    /// Patterns of faults.
    #[serde(default = "any")]
    pub faults: Vec<String>,
    /// Patterns of outcomes, as the report spells them.
    pub outcomes: Vec<String>,
}

fn any() -> Vec<String> {
    vec![ANY.to_string()]
}

impl Rules {
    /// Reads the rule file of a suite. A suite without such a file has no rules.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read or is invalid.
    pub fn read(suite: &Path) -> Result<Rules, RulesError> {
        reviewed::read_if_there(&suite.join(RULES_FILE), Rules::parse)
    }

    /// Parses the text of a rule file and reports all its errors.
    ///
    /// # Errors
    ///
    /// Returns all errors of the text.
    pub fn parse(text: &str) -> Result<Rules, Vec<String>> {
        reviewed::parse(text, Rules::problems)
    }

    /// Returns the errors that deserialization does not detect.
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for (number, rule) in self.rules.iter().enumerate() {
            let mut problem = |text: &str| problems.push(format!("rule {}: {text}", rule.id));
            rule.check(&mut problem);
            if self.rules[..number].iter().any(|other| other.id == rule.id) {
                problem("duplicate id");
            }
        }
        problems
    }

    /// Returns the index of the first rule that covers a result on a side.
    pub(super) fn find(&self, side: &str, trial: &Trial) -> Option<usize> {
        self.rules.iter().position(|rule| rule.is_about(side) && rule.names(trial))
    }
}

impl Rule {
    /// Returns true if the rule applies to a side.
    pub(super) fn is_about(&self, side: &str) -> bool {
        fits(&self.adapters, side)
    }

    fn names(&self, trial: &Trial) -> bool {
        fits(&self.functions, &trial.function)
            && fits(&self.calls, &trial.call)
            && fits(&self.faults, &trial.fault)
            && fits(&self.outcomes, &trial.outcome)
    }

    fn check(&self, problem: &mut dyn FnMut(&str)) {
        let says_nothing = [&self.id, &self.reason, &self.link].into_iter().any(|text| text.trim().is_empty());
        if says_nothing {
            problem("`id`, `reason` or `link` is empty");
        }
        let lists = [&self.adapters, &self.functions, &self.calls, &self.faults, &self.outcomes];
        if lists.iter().any(|list| list.is_empty()) {
            problem("a list of patterns is empty");
        }
        if fits(&self.outcomes, RIGHT) {
            problem("`outcomes` matches the outcome of a handled fault; list wrong outcomes only");
        }
    }
}

fn fits(patterns: &[String], text: &str) -> bool {
    patterns.iter().any(|pattern| polyfill_builder::fits(pattern, ANY, text))
}

#[cfg(test)]
mod tests {
    use super::super::failure_modes::Group;
    use super::*;

    const RULE: &str = "[[rule]]\nid = 'R'\nclass = 'choice'\nreason = 'r'\nlink = 'l'\nadapters = ['mine@*']\n\
        functions = ['fd_*']\ncalls = ['*.check-write']\nfaults = ['closed']\noutcomes = ['badf']\n";

    #[test]
    fn a_rule_covers_exactly_its_patterns() {
        let rules = Rules::parse(RULE).unwrap();
        let named = |side: &str, function: &str, fault: &str, outcome: &str| {
            let [function, fault, outcome] = [function, fault, outcome].map(str::to_string);
            let call = "wasi:io/streams.check-write".to_string();
            rules.find(side, &Trial { function, call, group: Group::Error, fault, outcome }).is_some()
        };
        assert!(named("mine@wasi", "fd_write", "closed", "badf"));
        assert!(!named("other@wasi", "fd_write", "closed", "badf"));
        assert!(!named("mine@wasi", "path_open", "closed", "badf"));
        assert!(!named("mine@wasi", "fd_write", "trap", "badf"));
        assert!(!named("mine@wasi", "fd_write", "closed", "io"));
    }

    #[test]
    fn invalid_rules_are_rejected() {
        for (changed, to, message) in [
            ("reason = 'r'", "reason = ''", "is empty"),
            ("['badf']", "[]", "is empty"),
            ("['badf']", "['*']", "handled fault"),
            ("'choice'", "'fine'", "unknown variant"),
            ("faults =", "fault =", "unknown field"),
        ] {
            assert!(RULE.contains(changed), "{changed}");
            let problems = Rules::parse(&RULE.replace(changed, to)).unwrap_err();
            assert!(problems.iter().any(|problem| problem.contains(message)), "{to}: {problems:?}");
        }
        assert!(Rules::parse(&RULE.repeat(2)).unwrap_err()[0].contains("duplicate id"));
    }
}
