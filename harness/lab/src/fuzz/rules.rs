//! Known differences of calls: the reviewed file of single differences between two sides, each with its reason.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use polyfill_abi::errno_number;
use polyfill_builder::case::Case;
use polyfill_builder::side::Side;
use polyfill_runner::divergence::Class;
use polyfill_runner::reviewed::{self, RulesError};
use semver::Version;
use serde::Deserialize;

use super::compare::{Difference, NOTHING, RUN};
use super::functions::find;
use super::model::WORDS;

/// Name of the rule file in a suite's root directory. Rules for other sides are in `known/calls.NAME.toml`.
pub const RULES_FILE: &str = "known/calls.toml";
/// Wildcard for any text in values that are not errnos.
const ANY: &str = "{any}";

/// Rule file.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Baseline without a release.
    pub baseline: Side,
    /// Candidate without a release.
    pub candidate: Side,
    /// Rules. The first one that matches applies.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
}

/// Differences of calls with a common cause.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Id: that of the rule or bug in `about`. Several rules can share one id.
    pub id: String,
    /// Reference to the cause: `known/output.toml` for the rule of the same id in that file; a document; or the case of
    /// a known bug, which also specifies the affected releases.
    pub about: String,
    /// Class of the difference.
    pub class: Class,
    /// Detailed description: a URL or a file of the suite.
    pub link: String,
    /// Functions; `run` for effects that are visible after the run.
    pub functions: Vec<String>,
    /// Circumstances that must all hold. Those with a leading `!` must not hold.
    pub when: Vec<String>,
    /// Places: `errno`, `outcome`, the name of a result, `outside`, `files`, `stdout`, `stderr`.
    #[serde(rename = "in")]
    pub place: String,
    /// Pairs of baseline and candidate values, one of which must match. `{any}` matches any text in values that are not
    /// errnos.
    pub values: Vec<[String; 2]>,
    /// The known bug that `about` refers to, once its case is read.
    #[serde(skip)]
    pub bug: Option<polyfill_builder::case::Bug>,
}

impl Rules {
    /// Returns an empty rule set for two sides.
    pub fn none([baseline, candidate]: [Side; 2]) -> Rules {
        Rules { baseline, candidate, rules: Vec::new() }
    }

    /// Reads the rules of a suite for two sides, ignoring releases. Empty if no file is about these sides.
    ///
    /// # Errors
    ///
    /// Returns an error if a rule file cannot be read or is invalid.
    pub fn of(suite: &Path, sides: &[Side; 2]) -> Result<Rules, RulesError> {
        for path in files(suite) {
            let rules = Rules::read(suite, &path)?;
            if rules.are_about(sides) {
                return Ok(rules);
            }
        }
        Ok(Rules::none(sides.clone()))
    }

    /// Reads a rule file of a suite and the cases of known bugs that it refers to.
    fn read(suite: &Path, path: &Path) -> Result<Rules, RulesError> {
        let path = path.to_path_buf();
        let mut rules = reviewed::read(&path, Rules::parse)?;
        let mut problems = Vec::new();
        for rule in rules.rules.iter_mut().filter(|rule| rule.about.starts_with("guests/")) {
            match known_bug(&suite.join(&rule.about)) {
                Ok(bug) => rule.bug = Some(bug),
                Err(problem) => problems.push(format!("rule {}: `{}` {problem}", rule.id, rule.about)),
            }
        }
        if problems.is_empty() { Ok(rules) } else { Err(RulesError::Wrong { path, problems }) }
    }

    /// Parses the text of a rule file and reports all its errors.
    ///
    /// # Errors
    ///
    /// Returns all errors of the text.
    pub fn parse(text: &str) -> Result<Rules, Vec<String>> {
        reviewed::parse(text, |rules: &Rules| {
            let mut problems = Vec::new();
            for rule in &rules.rules {
                rule.check(&mut |problem| problems.push(format!("rule {}: {problem}", rule.id)));
            }
            problems
        })
    }

    fn are_about(&self, [baseline, candidate]: &[Side; 2]) -> bool {
        self.baseline.includes(baseline) && self.candidate.includes(candidate)
    }

    /// Returns the index of the first rule that covers a difference on a release.
    pub fn find(&self, difference: &Difference, release: Option<&Version>) -> Option<usize> {
        self.rules.iter().position(|rule| rule.is_about(release) && rule.names(difference))
    }
}

impl Rule {
    /// Returns true if the rule covers a difference.
    fn names(&self, difference: &Difference) -> bool {
        let has = |word: &String| match word.strip_prefix('!') {
            Some(word) => !difference.facts.contains(word),
            None => difference.facts.contains(word.as_str()),
        };
        self.place == difference.place
            && self.functions.iter().any(|function| function == difference.function)
            && self.when.iter().all(has)
            && self.values.iter().any(|[baseline, candidate]| {
                fits(baseline, &difference.baseline) && fits(candidate, &difference.candidate)
            })
    }

    /// Returns true if the release has the bug, as far as known.
    fn is_about(&self, release: Option<&Version>) -> bool {
        match (&self.bug, release) {
            (Some(bug), Some(release)) => matches!(bug.is_in(release), Ok(Some(true))),
            _ => true,
        }
    }

    fn check(&self, problem: &mut dyn FnMut(String)) {
        for (key, text) in [("id", &self.id), ("about", &self.about), ("link", &self.link)] {
            if text.trim().is_empty() || text.contains(char::is_whitespace) {
                problem(format!("`{key}` is empty"));
            }
        }
        if self.functions.is_empty() || self.functions.iter().any(|name| name != RUN && find(name).is_none()) {
            problem("`functions` must list preview1 functions individually".to_string());
        }
        let mut words = BTreeSet::new();
        for word in &self.when {
            let plain = word.strip_prefix('!').unwrap_or(word);
            if !WORDS.contains(&plain) {
                problem(format!("`when`: unknown circumstance `{word}`"));
            }
            if !words.insert(plain) {
                problem(format!("`when` contains `{word}` twice"));
            }
        }
        if self.values.is_empty() {
            problem("`values` is empty".to_string());
        }
        for [baseline, candidate] in &self.values {
            if baseline == candidate && !baseline.contains(ANY) {
                problem(format!("both values are `{baseline}`"));
            }
            let is_errno = |name: &String| errno_number(name).is_some();
            if self.place == "errno" && !(is_errno(baseline) && is_errno(candidate)) {
                problem(format!("`{baseline}` and `{candidate}` must be two preview1 errnos"));
            }
            if self.place == "outcome" && baseline == ANY && candidate == ANY {
                problem("`outcome` must specify at least one side".to_string());
            }
        }
    }
}

/// Returns true if a value matches a pattern, in which `{any}` matches any text.
fn fits(pattern: &str, value: &str) -> bool {
    let Some((first, rest)) = pattern.split_once(ANY) else { return pattern == value };
    // The wildcard does not match a missing value.
    let Some(value) = value.strip_prefix(first).filter(|_| value != NOTHING) else { return false };
    (0..=value.len()).filter(|at| value.is_char_boundary(*at)).any(|at| fits(rest, &value[at..]))
}

/// Returns the paths of a suite's rule files: `known/calls.toml`, and then `known/calls.*.toml`.
fn files(suite: &Path) -> Vec<PathBuf> {
    let first = suite.join(RULES_FILE);
    let entries = first.parent().and_then(|directory| fs::read_dir(directory).ok()).into_iter().flatten().flatten();
    let others = entries.map(|entry| entry.path()).filter(|path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("calls.") && name.ends_with(".toml")
    });
    let mut files: Vec<PathBuf> = others.collect();
    files.sort_by_key(|path| (*path != first, path.clone()));
    files
}

fn known_bug(path: &Path) -> Result<polyfill_builder::case::Bug, String> {
    let text = polyfill_builder::system::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))?;
    let case: Case = toml::from_str(&text).map_err(|error| format!("is not a valid case: {error}"))?;
    case.bug.ok_or_else(|| "is a case without a `bug`".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::model::Facts;

    const RULE: &str = "baseline = 'native'\ncandidate = 'reference-command'\n[[rule]]\nid = 'R'\nabout = 'known/output.toml'\n\
        class = 'choice'\nlink = 'l'\nfunctions = ['fd_read']\nwhen = ['file', '!append']\nin = 'errno'\n\
        values = [['badf', 'inval']]\n";

    fn difference(place: &str, baseline: &str, candidate: &str, facts: &[&'static str]) -> Difference {
        let facts: Facts = facts.iter().copied().collect();
        let text = ToString::to_string;
        Difference {
            call: 0,
            function: "fd_read",
            place: text(place),
            baseline: text(baseline),
            candidate: text(candidate),
            facts,
        }
    }

    #[test]
    fn a_rule_covers_exactly_its_differences() {
        let rules = Rules::parse(RULE).unwrap();
        let named = |place, baseline, candidate, facts| {
            rules.find(&difference(place, baseline, candidate, facts), None).is_some()
        };
        assert!(named("errno", "badf", "inval", &["file", "nonblock"]));
        assert!(!named("errno", "badf", "inval", &["file", "append"]));
        assert!(!named("errno", "badf", "inval", &["stream"]));
        assert!(!named("errno", "badf", "io", &["file"]));
        assert!(!named("outcome", "badf", "inval", &["file"]));
    }

    #[test]
    fn the_wildcard_does_not_match_a_missing_value() {
        assert!(fits("a {any} b", "a x y b") && fits("{any}", "") && fits("{any} utf-8{any}", "no utf-8 at all"));
        assert!(!fits("{any}", NOTHING) && !fits("a {any} b", "a b c") && !fits("a", "b"));
    }

    #[test]
    fn invalid_rules_are_rejected() {
        for (changed, to, message) in [
            ("'inval'", "'{any}'", "two preview1 errnos"),
            ("'inval'", "'badf'", "both values are"),
            ("'errno'", "'outcome'", ""),
            ("['badf', 'inval']", "", "is empty"),
            ("'fd_read'", "'fd_*'", "individually"),
            ("['fd_read']", "[]", "individually"),
            ("'file'", "'a file'", "unknown circumstance"),
            ("'file', '!append'", "'file', '!file'", "twice"),
            ("link = 'l'", "link = ' '", "is empty"),
            ("class = 'choice'", "class = 'fine'", "unknown variant"),
            ("in = 'errno'", "on = 'errno'", "unknown field"),
        ] {
            assert!(RULE.contains(changed), "{changed}");
            match Rules::parse(&RULE.replace(changed, to)) {
                Err(problems) => {
                    assert!(problems.iter().any(|problem| problem.contains(message)), "{to}: {problems:?}")
                }
                Ok(_) => assert!(message.is_empty(), "{to} is accepted"),
            }
        }
        let both = RULE.replace("'errno'", "'outcome'").replace("'badf', 'inval'", "'{any}', '{any}'");
        assert!(Rules::parse(&both).unwrap_err()[0].contains("at least"));
    }
}
