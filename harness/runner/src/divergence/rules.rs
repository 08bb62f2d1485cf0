//! The reviewed file of rules: which differences there are, one by one, and why each is all right or known.

use std::collections::BTreeSet;
use std::path::Path;

use polyfill_build::side::Side;
use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};

use super::budget::Budget;
use super::differences::Place;
use super::value::Value;
use crate::reviewed::{self, RulesError};

/// A file of rules.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rules {
    /// The side that is compared with; any release, where it names none.
    pub old: Side,
    /// The side that is compared; any release, where it names none.
    pub new: Side,
    /// The rules, in the order of the file.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
    /// What the second side may take.
    #[serde(default)]
    pub budget: Budget,
}

/// Differences that have one cause.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rule {
    /// A short name, by which reports tell what it explains.
    pub id: String,
    /// The functions whose behaviour differs.
    pub functions: Vec<String>,
    /// When it differs.
    pub condition: String,
    /// What kind of difference it is.
    pub class: Class,
    /// Why it differs.
    pub reason: String,
    /// Where that is told in full: an address, or a path from the suite's folder.
    pub link: String,
    /// How it shows, each in full: every one must be seen in every case that it names.
    #[serde(rename = "difference")]
    pub differences: Vec<Expected>,
}

/// How a rule shows in some cases.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Expected {
    /// The cases, as `guest::case`.
    pub cases: Vec<String>,
    /// What differs.
    #[serde(rename = "in")]
    pub place: Place,
    /// On the first side.
    pub old: Value,
    /// On the second side.
    pub new: Value,
    /// The releases of the second side's published adapter that have it, by requirements any of which is met; all of them
    /// without the key.
    #[serde(default)]
    pub releases: Option<Vec<String>>,
}

/// What kind of difference a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// It cannot be otherwise: the interfaces below do not have what it takes.
    Structural,
    /// Both sides do what they may.
    Choice,
    /// One side is wrong.
    Bug,
}

impl Rules {
    /// No rules, for two sides.
    pub fn none([old, new]: [Side; 2]) -> Rules {
        Rules { old, new, rules: Vec::new(), budget: Budget::default() }
    }

    /// Reads a file, and looks whether it makes sense.
    pub fn read(path: &Path) -> Result<Rules, RulesError> {
        reviewed::read(path, Rules::parse)
    }

    /// Reads the text of a file; or tells all that is wrong with it.
    pub fn parse(text: &str) -> Result<Rules, Vec<String>> {
        reviewed::parse(text, Rules::problems)
    }

    /// Whether they are about these sides.
    pub fn are_about(&self, [old, new]: &[Side; 2]) -> bool {
        self.old.includes(old) && self.new.includes(new)
    }

    /// What TOML's shape alone does not say.
    fn problems(&self) -> Vec<String> {
        let mut problems = self.budget.problems();
        let (mut ids, mut seen) = (BTreeSet::new(), Vec::new());
        for rule in &self.rules {
            let id = &rule.id;
            if id.is_empty() || id.contains(char::is_whitespace) {
                problems.push(format!("`{id}` is no rule's id"));
            }
            if !ids.insert(id) {
                problems.push(format!("rule {id} is there twice"));
            }
            rule.check(&mut |problem| problems.push(format!("rule {id}: {problem}")));
            for expected in &rule.differences {
                for case in &expected.cases {
                    let key = (case, &expected.place, &expected.old, &expected.new, &expected.releases);
                    if seen.contains(&key) {
                        problems.push(format!("rule {id}: {case} has this very difference already: {expected}"));
                    }
                    seen.push(key);
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
                problem(format!("`{key}` says nothing"));
            }
        }
        let is_function = |name: &String| !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '*');
        if self.functions.is_empty() || !self.functions.iter().all(is_function) {
            problem("`functions` names functions, one by one".to_string());
        }
        if self.differences.is_empty() {
            problem("it has no `difference`, and explains nothing".to_string());
        }
        self.differences.iter().for_each(|expected| expected.check(problem));
    }
}

impl Expected {
    fn check(&self, problem: &mut dyn FnMut(String)) {
        let is_case = |name: &String| name.split("::").filter(|part| !part.is_empty()).count() == 2;
        if self.cases.is_empty() || !self.cases.iter().all(is_case) {
            problem("`cases` names cases as `guest::case`".to_string());
        }
        let values = [&self.old, &self.new];
        values.into_iter().filter_map(Value::problem).for_each(&mut *problem);
        // What others word may have numbers in it; what a guest says, and what it was given, is told exactly.
        let worded = matches!(self.place, Place::Outcome | Place::Stderr);
        if !worded && values.iter().any(|value| matches!(value, Value::Pattern(_))) {
            problem(format!("a pattern is for `outcome` and `stderr`, and not for `{}`", self.place));
        }
        if self.old == self.new {
            problem(format!("`{}` is no difference: both sides are the same", self.old.shown()));
        }
        for text in self.releases.iter().flatten() {
            if let Err(error) = text.parse::<VersionReq>() {
                problem(format!("`releases`: `{text}` is no requirement on a version: {error}"));
            }
        }
    }

    /// Whether it is about that release.
    pub(super) fn is_about(&self, release: Option<&Version>) -> bool {
        let (Some(requirements), Some(release)) = (&self.releases, release) else { return true };
        let met = |text: &String| text.parse::<VersionReq>().is_ok_and(|requirement| requirement.matches(release));
        requirements.iter().any(met)
    }
}

impl std::fmt::Display for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: `{}` and `{}`", self.place, self.old.shown(), self.new.shown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "old = 'native'\nnew = 'mine'\n";

    fn rule(changed: &str, to: &str) -> String {
        let rule = "[[rule]]\nid = 'R1'\nfunctions = ['fd_read']\ncondition = 'always'\nclass = 'choice'\nreason = 'so'\n\
            link = 'https://example.org'\n[[rule.difference]]\ncases = ['g::c']\nin = 'stdout'\nold = 'a'\nnew = 'b'\n";
        assert!(rule.contains(changed));
        rule.replace(changed, to)
    }

    #[test]
    fn a_file_that_makes_sense() {
        let text = format!("{HEAD}{}", rule("new = 'b'", "new = { nothing = true }\nreleases = ['<46', '>=48']"));
        let rules = Rules::parse(&text).unwrap();
        let expected = &rules.rules[0].differences[0];
        assert_eq!(expected.to_string(), "stdout: `a` and `nothing`");
        assert!(expected.is_about(Some(&Version::new(24, 0, 13))) && expected.is_about(None));
        assert!(!expected.is_about(Some(&Version::new(46, 0, 3))));
        assert!(rules.are_about(&["native", "mine@wasi"].map(|side| side.parse().unwrap())));
        assert!(!rules.are_about(&["native", "mine@my-wasi"].map(|side| side.parse().unwrap())));
    }

    #[test]
    fn everything_else_is_refused() {
        for (changed, to, message) in [
            ("new = 'b'", "new = 'a'", "`a` is no difference"),
            ("new = 'b'", "news = 'b'", "unknown field `news`"),
            ("new = 'b'", "", "missing field `new`"),
            ("new = 'b'", "new = { any = true }", "expected a text, { pattern"),
            ("new = 'b'", "new = { pattern = 'fd_read gives {number}' }", "not for `stdout`"),
            ("new = 'b'", "new = 'b'\nreleases = ['one']", "no requirement on a version"),
            ("in = 'stdout'", "in = 'errno'", "`errno` is none of"),
            ("cases = ['g::c']", "cases = ['g']", "names cases as"),
            ("cases = ['g::c']", "cases = ['g::c', 'g::c']", "this very difference already"),
            ("['fd_read']", "['fd_*']", "names functions"),
            ("['fd_read']", "[]", "names functions"),
            ("'choice'", "'fine'", "unknown variant `fine`"),
            ("'so'", "' '", "`reason` says nothing"),
            ("id = 'R1'", "id = 'R 1'", "no rule's id"),
        ] {
            let problems = Rules::parse(&format!("{HEAD}{}", rule(changed, to))).unwrap_err();
            assert!(problems.iter().any(|problem| problem.contains(message)), "{to}: {problems:?}");
        }
        let twice = Rules::parse(&format!("{HEAD}{0}{0}", rule("", ""))).unwrap_err();
        assert!(twice.contains(&"rule R1 is there twice".to_string()), "{twice:?}");
        assert!(Rules::parse("old = 'native'\nnew = '@'\n").unwrap_err()[0].contains("neither `native` nor"));
    }
}
