//! The reviewed file of what is known to differ between calls on two sides, one by one, and why.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use polyfill_build::case::Case;
use polyfill_build::side::Side;
use polyfill_runner::divergence::Class;
use polyfill_runner::errno_number;
use polyfill_runner::reviewed::{self, RulesError};
use semver::Version;
use serde::Deserialize;

use super::compare::{Difference, NOTHING, RUN};
use super::functions::find;
use super::model::WORDS;

/// Where a suite has its rules for calls. Those for other sides are in `hunt.NAME.toml`.
pub const RULES_FILE: &str = "hunt.toml";
/// What stands for any text, in values that are no errors.
const ANY: &str = "{any}";

/// A file of rules.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// The side that is compared with; releases aside.
    pub old: Side,
    /// The side that is compared; releases aside.
    pub new: Side,
    /// The rules: the first one that fits has the say.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
}

/// Differences of calls that have one cause.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// A name: that of the rule or the bug that it is about. Several can have one.
    pub id: String,
    /// What it is about: `divergences.toml`, for the rule of that id there; a file that tells of it; or the case of a known
    /// bug, which then says which releases have it.
    pub about: String,
    /// What kind of difference it is.
    pub class: Class,
    /// Where that is told in full.
    pub link: String,
    /// The functions; `run` for what a run leaves behind.
    pub functions: Vec<String>,
    /// Circumstances, all of which have to be there; not so those that begin with `!`.
    pub when: Vec<String>,
    /// In what: `errno`, `outcome`, the name of a result, `outside`, `files`, `stdout`, `stderr`.
    #[serde(rename = "in")]
    pub place: String,
    /// Both values, any of these pairs. `{any}` stands for any text in values that are no errors.
    pub values: Vec<[String; 2]>,
    /// The known bug that `about` names, once that is read.
    #[serde(skip)]
    pub bug: Option<polyfill_build::case::Bug>,
}

impl Rules {
    /// No rules, for two sides.
    pub fn none([old, new]: [Side; 2]) -> Rules {
        Rules { old, new, rules: Vec::new() }
    }

    /// The rules of a suite that are about these sides, releases aside: none where no file of it is.
    pub fn of(suite: &Path, sides: &[Side; 2]) -> Result<Rules, RulesError> {
        for path in files(suite) {
            let rules = Rules::read(suite, &path)?;
            if rules.are_about(sides) {
                return Ok(rules);
            }
        }
        Ok(Rules::none(sides.clone()))
    }

    /// Reads a file of a suite, and the cases of known bugs that it names.
    fn read(suite: &Path, path: &Path) -> Result<Rules, RulesError> {
        let path = path.to_path_buf();
        let mut rules = reviewed::read(&path, Rules::parse)?;
        let mut problems = Vec::new();
        for rule in rules.rules.iter_mut().filter(|rule| rule.about.ends_with(".case.toml")) {
            match known_bug(&suite.join(&rule.about)) {
                Ok(bug) => rule.bug = Some(bug),
                Err(problem) => problems.push(format!("rule {}: `{}` {problem}", rule.id, rule.about)),
            }
        }
        if problems.is_empty() { Ok(rules) } else { Err(RulesError::Wrong { path, problems }) }
    }

    /// Reads the text of a file; or tells all that is wrong with it.
    pub fn parse(text: &str) -> Result<Rules, Vec<String>> {
        reviewed::parse(text, |rules: &Rules| {
            let mut problems = Vec::new();
            for rule in &rules.rules {
                rule.check(&mut |problem| problems.push(format!("rule {}: {problem}", rule.id)));
            }
            problems
        })
    }

    fn are_about(&self, [old, new]: &[Side; 2]) -> bool {
        self.old.includes(old) && self.new.includes(new)
    }

    /// The first rule that names a difference from that release, by its number in the file.
    pub fn find(&self, difference: &Difference, release: Option<&Version>) -> Option<usize> {
        self.rules.iter().position(|rule| rule.is_about(release) && rule.names(difference))
    }
}

impl Rule {
    /// Whether it names the difference.
    fn names(&self, difference: &Difference) -> bool {
        let has = |word: &String| match word.strip_prefix('!') {
            Some(word) => !difference.facts.contains(word),
            None => difference.facts.contains(word.as_str()),
        };
        self.place == difference.place
            && self.functions.iter().any(|function| function == difference.function)
            && self.when.iter().all(has)
            && self.values.iter().any(|[old, new]| fits(old, &difference.old) && fits(new, &difference.new))
    }

    /// Whether the release has it, as far as that is known.
    fn is_about(&self, release: Option<&Version>) -> bool {
        match (&self.bug, release) {
            (Some(bug), Some(release)) => matches!(bug.is_in(release), Ok(Some(true))),
            _ => true,
        }
    }

    fn check(&self, problem: &mut dyn FnMut(String)) {
        for (key, text) in [("id", &self.id), ("about", &self.about), ("link", &self.link)] {
            if text.trim().is_empty() || text.contains(char::is_whitespace) {
                problem(format!("`{key}` says nothing"));
            }
        }
        if self.functions.is_empty() || self.functions.iter().any(|name| name != RUN && find(name).is_none()) {
            problem("`functions` names functions of preview1, one by one".to_string());
        }
        let mut words = BTreeSet::new();
        for word in &self.when {
            let plain = word.strip_prefix('!').unwrap_or(word);
            if !WORDS.contains(&plain) {
                problem(format!("`when`: `{word}` is no circumstance"));
            }
            if !words.insert(plain) {
                problem(format!("`when` has `{word}` twice"));
            }
        }
        if self.values.is_empty() {
            problem("`values` has none".to_string());
        }
        for [old, new] in &self.values {
            if old == new && !old.contains(ANY) {
                problem(format!("`{old}` is no difference"));
            }
            let is_errno = |name: &String| errno_number(name).is_some();
            if self.place == "errno" && !(is_errno(old) && is_errno(new)) {
                problem(format!("`{old}` and `{new}` are to be two errors of preview1"));
            }
            if self.place == "outcome" && old == ANY && new == ANY {
                problem("`outcome` says how one side ends, at least".to_string());
            }
        }
    }
}

/// Whether a value is what is written, where `{any}` is any text.
fn fits(pattern: &str, value: &str) -> bool {
    let Some((first, rest)) = pattern.split_once(ANY) else { return pattern == value };
    // What is not there is not any text.
    let Some(value) = value.strip_prefix(first).filter(|_| value != NOTHING) else { return false };
    (0..=value.len()).filter(|at| value.is_char_boundary(*at)).any(|at| fits(rest, &value[at..]))
}

/// The files of rules that a suite has.
fn files(suite: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(suite).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> =
        names.filter(|name| name == RULES_FILE || (name.starts_with("hunt.") && name.ends_with(".toml"))).collect();
    names.sort_by_key(|name| (name != RULES_FILE, name.clone()));
    names.into_iter().map(|name| suite.join(name)).collect()
}

fn known_bug(path: &Path) -> Result<polyfill_build::case::Bug, String> {
    let text = polyfill_build::system::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))?;
    let case: Case = toml::from_str(&text).map_err(|error| format!("is no case: {error}"))?;
    case.bug.ok_or_else(|| "is a case that names no bug".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hunt::model::Facts;

    const RULE: &str = "old = 'native'\nnew = 'reference-command'\n[[rule]]\nid = 'R'\nabout = 'divergences.toml'\n\
        class = 'choice'\nlink = 'l'\nfunctions = ['fd_read']\nwhen = ['file', '!append']\nin = 'errno'\n\
        values = [['badf', 'inval']]\n";

    fn difference(place: &str, old: &str, new: &str, facts: &[&'static str]) -> Difference {
        let facts: Facts = facts.iter().copied().collect();
        let text = ToString::to_string;
        Difference { call: 0, function: "fd_read", place: text(place), old: text(old), new: text(new), facts }
    }

    #[test]
    fn a_rule_names_what_it_says_and_nothing_else() {
        let rules = Rules::parse(RULE).unwrap();
        let named = |place, old, new, facts| rules.find(&difference(place, old, new, facts), None).is_some();
        assert!(named("errno", "badf", "inval", &["file", "nonblock"]));
        assert!(!named("errno", "badf", "inval", &["file", "append"]));
        assert!(!named("errno", "badf", "inval", &["stream"]));
        assert!(!named("errno", "badf", "io", &["file"]));
        assert!(!named("outcome", "badf", "inval", &["file"]));
    }

    #[test]
    fn any_text_is_not_what_is_not_there() {
        assert!(fits("a {any} b", "a x y b") && fits("{any}", "") && fits("{any} utf-8{any}", "no utf-8 at all"));
        assert!(!fits("{any}", NOTHING) && !fits("a {any} b", "a b c") && !fits("a", "b"));
    }

    #[test]
    fn everything_else_is_refused() {
        for (changed, to, message) in [
            ("'inval'", "'{any}'", "two errors of preview1"),
            ("'inval'", "'badf'", "is no difference"),
            ("'errno'", "'outcome'", ""),
            ("['badf', 'inval']", "", "has none"),
            ("'fd_read'", "'fd_*'", "one by one"),
            ("['fd_read']", "[]", "one by one"),
            ("'file'", "'a file'", "is no circumstance"),
            ("'file', '!append'", "'file', '!file'", "twice"),
            ("link = 'l'", "link = ' '", "says nothing"),
            ("class = 'choice'", "class = 'fine'", "unknown variant"),
            ("in = 'errno'", "on = 'errno'", "unknown field"),
        ] {
            assert!(RULE.contains(changed), "{changed}");
            match Rules::parse(&RULE.replace(changed, to)) {
                Err(problems) => {
                    assert!(problems.iter().any(|problem| problem.contains(message)), "{to}: {problems:?}")
                }
                Ok(_) => assert!(message.is_empty(), "{to} is taken"),
            }
        }
        let both = RULE.replace("'errno'", "'outcome'").replace("'badf', 'inval'", "'{any}', '{any}'");
        assert!(Rules::parse(&both).unwrap_err()[0].contains("at least"));
    }
}
