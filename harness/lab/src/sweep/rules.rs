//! The reviewed file of what adapters make of faults that is not what they should, and why.

use std::path::Path;

use polyfill_build::side::Side;
use polyfill_runner::divergence::Class;
use polyfill_runner::reviewed::{self, RulesError};
use serde::{Deserialize, Serialize};

use super::judge::RIGHT;
use super::table::Cell;

/// Where a suite has its rules for faults.
pub const RULES_FILE: &str = "sweep.toml";
/// What stands for any text.
const ANY: &str = "*";

/// A file of rules, and what is swept if nothing else is asked for.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// The sides.
    #[serde(default)]
    pub adapters: Vec<Side>,
    /// Words, one of which is in a trial's name.
    #[serde(default)]
    pub cases: Vec<String>,
    /// The rules: the first one that fits has the say.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
}

/// Outcomes of faults that have one cause. In all patterns `*` stands for any text.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// A name.
    pub id: String,
    /// Whether the adapter may do so.
    pub class: Class,
    /// Why it does.
    pub reason: String,
    /// Where more is told: an address, or a file of the suite.
    pub link: String,
    /// Patterns of sides, `ADAPTER@HOST`.
    pub adapters: Vec<String>,
    /// Patterns of the guest's functions.
    #[serde(default = "any")]
    pub functions: Vec<String>,
    /// Patterns of the host's functions, without their versions.
    #[serde(default = "any")]
    pub calls: Vec<String>,
    /// Patterns of faults.
    #[serde(default = "any")]
    pub faults: Vec<String>,
    /// What comes of them, in the report's words.
    pub outcomes: Vec<String>,
}

fn any() -> Vec<String> {
    vec![ANY.to_string()]
}

impl Rules {
    /// Reads the file of a suite; one that has none has no rules.
    pub fn read(suite: &Path) -> Result<Rules, RulesError> {
        reviewed::read_if_there(&suite.join(RULES_FILE), Rules::parse)
    }

    /// Reads the text of a file; or tells all that is wrong with it.
    pub fn parse(text: &str) -> Result<Rules, Vec<String>> {
        reviewed::parse(text, Rules::problems)
    }

    /// What TOML's shape alone does not say.
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for (number, rule) in self.rules.iter().enumerate() {
            let mut problem = |text: &str| problems.push(format!("rule {}: {text}", rule.id));
            rule.check(&mut problem);
            if self.rules[..number].iter().any(|other| other.id == rule.id) {
                problem("there is another one of that name");
            }
        }
        problems
    }

    /// The first rule that names what was seen on a side, by its number in the file.
    pub(super) fn find(&self, side: &str, cell: &Cell) -> Option<usize> {
        self.rules.iter().position(|rule| rule.is_about(side) && rule.names(cell))
    }
}

impl Rule {
    /// Whether it is about that side.
    pub(super) fn is_about(&self, side: &str) -> bool {
        fits(&self.adapters, side)
    }

    fn names(&self, cell: &Cell) -> bool {
        fits(&self.functions, &cell.function)
            && fits(&self.calls, &cell.call)
            && fits(&self.faults, &cell.fault)
            && fits(&self.outcomes, &cell.outcome)
    }

    fn check(&self, problem: &mut dyn FnMut(&str)) {
        let says_nothing = [&self.id, &self.reason, &self.link].into_iter().any(|text| text.trim().is_empty());
        if says_nothing {
            problem("`id`, `reason` or `link` says nothing");
        }
        let lists = [&self.adapters, &self.functions, &self.calls, &self.faults, &self.outcomes];
        if lists.iter().any(|list| list.is_empty()) {
            problem("a list of patterns is empty");
        }
        if fits(&self.outcomes, RIGHT) {
            problem("`outcomes` names them: what is right has no rule");
        }
    }
}

fn fits(patterns: &[String], text: &str) -> bool {
    patterns.iter().any(|pattern| polyfill_build::fits(pattern, ANY, text))
}

#[cfg(test)]
mod tests {
    use super::super::ways::Group;
    use super::*;

    const RULE: &str = "[[rule]]\nid = 'R'\nclass = 'choice'\nreason = 'r'\nlink = 'l'\nadapters = ['mine@*']\n\
        functions = ['fd_*']\ncalls = ['*.check-write']\nfaults = ['closed']\noutcomes = ['badf']\n";

    #[test]
    fn a_rule_names_what_it_says_and_nothing_else() {
        let rules = Rules::parse(RULE).unwrap();
        let named = |side: &str, function: &str, fault: &str, outcome: &str| {
            let [function, fault, outcome] = [function, fault, outcome].map(str::to_string);
            let call = "wasi:io/streams.check-write".to_string();
            rules.find(side, &Cell { function, call, group: Group::Error, fault, outcome }).is_some()
        };
        assert!(named("mine@wasi", "fd_write", "closed", "badf"));
        assert!(!named("other@wasi", "fd_write", "closed", "badf"));
        assert!(!named("mine@wasi", "path_open", "closed", "badf"));
        assert!(!named("mine@wasi", "fd_write", "trap", "badf"));
        assert!(!named("mine@wasi", "fd_write", "closed", "io"));
    }

    #[test]
    fn everything_else_is_refused() {
        for (changed, to, message) in [
            ("reason = 'r'", "reason = ''", "says nothing"),
            ("['badf']", "[]", "is empty"),
            ("['badf']", "['*']", "what is right"),
            ("'choice'", "'fine'", "unknown variant"),
            ("faults =", "fault =", "unknown field"),
        ] {
            assert!(RULE.contains(changed), "{changed}");
            let problems = Rules::parse(&RULE.replace(changed, to)).unwrap_err();
            assert!(problems.iter().any(|problem| problem.contains(message)), "{to}: {problems:?}");
        }
        assert!(Rules::parse(&RULE.repeat(2)).unwrap_err()[0].contains("another one"));
    }
}
