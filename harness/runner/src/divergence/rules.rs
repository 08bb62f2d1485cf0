//! Reviewed file of rules: known differences with their reasons.

use std::collections::BTreeSet;
use std::path::Path;

use polyfill_builder::side::Side;
use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};

use super::budget::Budget;
use super::differences::Place;
use super::value::Value;
use crate::reviewed::{self, RulesError};

/// File of rules.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rules {
    /// Baseline; any release if it names none.
    pub baseline: Side,
    /// Candidate; any release if it names none.
    pub candidate: Side,
    /// Rules, in the order of the file.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
    /// Limits on resource use of the candidate.
    #[serde(default)]
    pub budget: Budget,
}

/// Known differences with one cause.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rule {
    /// Short name, used in reports.
    pub id: String,
    /// Functions whose behavior differs.
    pub functions: Vec<String>,
    /// Condition under which it differs.
    pub condition: String,
    /// Class of difference.
    pub class: Class,
    /// Reason for the difference.
    pub reason: String,
    /// Reference to details: a URL, or a path relative to the suite's directory.
    pub link: String,
    /// Expected differences. Each must be observed in every case that it names.
    #[serde(rename = "difference")]
    pub differences: Vec<Expected>,
}

/// Expected difference in some cases.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Expected {
    /// Cases, as `guest::case`.
    pub cases: Vec<String>,
    /// Aspect that differs.
    #[serde(rename = "in")]
    pub place: Place,
    /// Baseline value.
    pub baseline: Value,
    /// Candidate value.
    pub candidate: Value,
    /// Version requirements, one of which must match the release of the candidate's published adapter. Default: all
    /// releases.
    #[serde(default)]
    pub releases: Option<Vec<String>>,
}

/// Class of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Unavoidable, because the underlying interfaces lack a capability.
    Structural,
    /// Both sides conform to the specification.
    Choice,
    /// One side is wrong.
    Bug,
}

impl Rules {
    /// Creates an empty set of rules for two sides.
    pub fn none([baseline, candidate]: [Side; 2]) -> Rules {
        Rules { baseline, candidate, rules: Vec::new(), budget: Budget::default() }
    }

    /// Reads and validates a file.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read or is invalid.
    pub fn read(path: &Path) -> Result<Rules, RulesError> {
        reviewed::read(path, Rules::parse)
    }

    /// Parses and validates the text of a file.
    ///
    /// # Errors
    ///
    /// Returns all problems found.
    pub fn parse(text: &str) -> Result<Rules, Vec<String>> {
        reviewed::parse(text, Rules::problems)
    }

    /// Returns true if the rules apply to these sides.
    pub fn are_about(&self, [baseline, candidate]: &[Side; 2]) -> bool {
        self.baseline.includes(baseline) && self.candidate.includes(candidate)
    }

    /// Returns the problems that deserialization does not detect.
    fn problems(&self) -> Vec<String> {
        let mut problems = self.budget.problems();
        let (mut ids, mut keys) = (BTreeSet::new(), Vec::new());
        for rule in &self.rules {
            let id = &rule.id;
            if id.is_empty() || id.contains(char::is_whitespace) {
                problems.push(format!("invalid rule id `{id}`: expected a non-empty text without whitespace"));
            }
            if !ids.insert(id) {
                problems.push(format!("duplicate rule id `{id}`"));
            }
            rule.check(&mut |problem| problems.push(format!("rule {id}: {problem}")));
            for expected in &rule.differences {
                for case in &expected.cases {
                    let key = (case, &expected.place, &expected.baseline, &expected.candidate, &expected.releases);
                    if keys.contains(&key) {
                        problems.push(format!("rule {id}: duplicate difference in {case}: {expected}"));
                    }
                    keys.push(key);
                }
            }
        }
        problems
    }
}

impl Rule {
    fn check(&self, problem: &mut dyn FnMut(String)) {
        for (key, text) in [("condition", &self.condition), ("reason", &self.reason), ("link", &self.link)] {
            if text.trim().is_empty() {
                problem(format!("`{key}` is empty"));
            }
        }
        let is_function = |name: &String| !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '*');
        if self.functions.is_empty() || !self.functions.iter().all(is_function) {
            problem("`functions` must list functions by name, without wildcards".to_string());
        }
        if self.differences.is_empty() {
            problem("no `difference`".to_string());
        }
        self.differences.iter().for_each(|expected| expected.check(problem));
    }
}

impl Expected {
    fn check(&self, problem: &mut dyn FnMut(String)) {
        let is_case = |name: &String| name.split("::").filter(|part| !part.is_empty()).count() == 2;
        if self.cases.is_empty() || !self.cases.iter().all(is_case) {
            problem("`cases` must list cases as `guest::case`".to_string());
        }
        let values = [&self.baseline, &self.candidate];
        values.into_iter().filter_map(Value::problem).for_each(&mut *problem);
        // Texts of other origin may contain numbers. Output and results of guests must be exact.
        let worded = matches!(self.place, Place::Outcome | Place::Stderr);
        if !worded && values.iter().any(|value| matches!(value, Value::Pattern(_))) {
            problem(format!("a pattern is allowed for `outcome` and `stderr` only, not for `{}`", self.place));
        }
        if self.baseline == self.candidate {
            problem(format!("`{}` is not a difference: both sides are equal", self.baseline.shown()));
        }
        for text in self.releases.iter().flatten() {
            if let Err(error) = text.parse::<VersionReq>() {
                problem(format!("`releases`: `{text}` is not a version requirement: {error}"));
            }
        }
    }

    /// Returns true if it applies to that release.
    pub(super) fn is_about(&self, release: Option<&Version>) -> bool {
        let (Some(requirements), Some(release)) = (&self.releases, release) else { return true };
        let met = |text: &String| text.parse::<VersionReq>().is_ok_and(|requirement| requirement.matches(release));
        requirements.iter().any(met)
    }
}

impl std::fmt::Display for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: `{}` and `{}`", self.place, self.baseline.shown(), self.candidate.shown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "baseline = 'native'\ncandidate = 'mine'\n";

    fn rule(changed: &str, to: &str) -> String {
        let rule = "[[rule]]\nid = 'R1'\nfunctions = ['fd_read']\ncondition = 'always'\nclass = 'choice'\nreason = 'so'\n\
            link = 'https://example.org'\n[[rule.difference]]\ncases = ['g::c']\nin = 'stdout'\nbaseline = 'a'\ncandidate = 'b'\n";
        assert!(rule.contains(changed));
        rule.replace(changed, to)
    }

    #[test]
    fn a_valid_file_is_accepted() {
        let text =
            format!("{HEAD}{}", rule("candidate = 'b'", "candidate = { nothing = true }\nreleases = ['<46', '>=48']"));
        let rules = Rules::parse(&text).unwrap();
        let expected = &rules.rules[0].differences[0];
        assert_eq!(expected.to_string(), "stdout: `a` and `nothing`");
        assert!(expected.is_about(Some(&Version::new(24, 0, 13))) && expected.is_about(None));
        assert!(!expected.is_about(Some(&Version::new(46, 0, 3))));
        assert!(rules.are_about(&["native", "mine@wasi"].map(|side| side.parse().unwrap())));
        assert!(!rules.are_about(&["native", "mine@my-wasi"].map(|side| side.parse().unwrap())));
    }

    #[test]
    fn invalid_files_are_rejected() {
        for (changed, to, message) in [
            ("candidate = 'b'", "candidate = 'a'", "`a` is not a difference"),
            ("candidate = 'b'", "news = 'b'", "unknown field `news`"),
            ("candidate = 'b'", "", "missing field `candidate`"),
            ("candidate = 'b'", "candidate = { any = true }", "expected a string, { pattern"),
            ("candidate = 'b'", "candidate = { pattern = 'fd_read gives {number}' }", "not for `stdout`"),
            ("candidate = 'b'", "candidate = 'b'\nreleases = ['one']", "not a version requirement"),
            ("in = 'stdout'", "in = 'errno'", "unknown place `errno`"),
            ("cases = ['g::c']", "cases = ['g']", "must list cases as"),
            ("cases = ['g::c']", "cases = ['g::c', 'g::c']", "duplicate difference"),
            ("['fd_read']", "['fd_*']", "must list functions"),
            ("['fd_read']", "[]", "must list functions"),
            ("'choice'", "'fine'", "unknown variant `fine`"),
            ("'so'", "' '", "`reason` is empty"),
            ("id = 'R1'", "id = 'R 1'", "invalid rule id"),
        ] {
            let problems = Rules::parse(&format!("{HEAD}{}", rule(changed, to))).unwrap_err();
            assert!(problems.iter().any(|problem| problem.contains(message)), "{to}: {problems:?}");
        }
        let twice = Rules::parse(&format!("{HEAD}{0}{0}", rule("", ""))).unwrap_err();
        assert!(twice.contains(&"duplicate rule id `R1`".to_string()), "{twice:?}");
        assert!(
            Rules::parse("baseline = 'native'\ncandidate = '@'\n").unwrap_err()[0].contains("neither `native` nor")
        );
    }
}
