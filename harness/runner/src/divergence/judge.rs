//! Differences and rules -> which rule explains which difference, what is left, and which rules explain nothing.

use std::collections::{BTreeMap, BTreeSet};

use polyfill_build::profile::Profile;
use polyfill_build::side::Side;
use semver::Version;
use serde::Serialize;

use super::budget::Over;
use super::calls::Listing;
use super::differences::{Difference, Place};
use super::figures::Figures;
use super::pairs::{CaseSeen, Compared, Ran};
use super::rules::{Class, Expected, Rule, Rules};

/// What a comparison comes to.
#[derive(Clone, Debug, Serialize)]
pub struct Judgement {
    /// The sides, for a reader.
    pub sides: [String; 2],
    /// All cases, sorted by name.
    pub cases: Vec<Judged>,
    /// The rules, in the order of their file.
    pub rules: Vec<RuleUse>,
    /// What rules say and nothing shows any more.
    pub stale: Vec<Stale>,
    /// Budgets that were not kept.
    pub over: Vec<Over>,
    /// The adapters of the sides, where somebody has looked at them.
    pub adapters: [Option<Profile>; 2],
}

/// A case and its differences.
#[derive(Clone, Debug, Serialize)]
pub struct Judged {
    /// `guest::case`.
    pub case: String,
    /// What differs, each with its rule.
    pub differences: Vec<Explained>,
    /// What it took on each side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figures: Option<[Figures; 2]>,
    /// Its calls across the core boundary around the first that is not the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls: Option<Listing>,
    /// Its calls of the host around the first that is not the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_calls: Option<Listing>,
    /// Why it was passed over, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignored: Option<String>,
    /// Why it could not be run, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_run: Option<String>,
}

/// A difference, and what names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// The difference.
    #[serde(flatten)]
    pub difference: Difference,
    /// The rule's id; `None` where there is none.
    pub rule: Option<String>,
}

/// What a rule was good for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleUse {
    /// Its id.
    pub id: String,
    /// Its class.
    pub class: Class,
    /// Differences that it explained.
    pub differences: usize,
    /// The cases that they are of.
    pub cases: BTreeSet<String>,
}

/// A part of a rule that is not true any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stale {
    /// The rule's id.
    pub rule: String,
    /// The case that it names.
    pub case: String,
    /// What it says of it.
    pub says: String,
    /// What is the matter.
    pub why: String,
}

/// What was seen of a case, for the rules that name it.
enum Known<'c> {
    Differs {
        differences: &'c [Difference],
        /// Calls across the core boundary are among what was compared.
        calls: bool,
    },
    /// Nothing can be said of it.
    Unknown,
}

impl Compared {
    /// Judges by rules. `whole` says that all cases of the suite were to be compared: a case that is not there then is none.
    pub fn judge(&self, rules: &Rules, whole: bool) -> Judgement {
        let release = self.sides[1].release().map(|release| release.semver());
        let force = Force { rules, release: release.as_ref() };
        let cases: Vec<Judged> = self.cases.iter().map(|seen| judged(seen, &force)).collect();
        let known = self.cases.iter().map(|seen| {
            let known = match &seen.ran {
                Ran::Both(differences) => Known::Differs {
                    differences,
                    calls: seen.figures.iter().flatten().any(|figures| figures.core_calls.is_some()),
                },
                Ran::Ignored(_) | Ran::Not(_) => Known::Unknown,
            };
            (seen.case.as_str(), known)
        });
        let stale = force.stale(&known.collect(), whole);
        let over = rules.budget.over(&self.profiles, &self.cases, whole);
        let rules = rules.rules.iter().map(|rule| RuleUse::of(rule, &cases)).collect();
        let sides = [&self.sides[0], &self.sides[1]].map(Side::to_string);
        Judgement { sides, cases, rules, stale, over, adapters: self.profiles.clone() }
    }
}

impl Judgement {
    /// Whether every difference has a rule, every rule a difference, every budget was kept, and every case was run or has a
    /// reason not to be.
    pub fn is_clean(&self) -> bool {
        self.stale.is_empty()
            && self.over.is_empty()
            && self.unexplained().next().is_none()
            && self.not_run().next().is_none()
    }

    /// Differences that no rule names, each with its case.
    pub fn unexplained(&self) -> impl Iterator<Item = (&str, &Difference)> {
        self.differences().filter(|(_, explained)| explained.rule.is_none()).map(|(case, of)| (case, &of.difference))
    }

    /// All differences, each with its case.
    pub fn differences(&self) -> impl Iterator<Item = (&str, &Explained)> {
        self.cases
            .iter()
            .flat_map(|judged| judged.differences.iter().map(|explained| (judged.case.as_str(), explained)))
    }

    /// Cases that could not be run, and why.
    pub fn not_run(&self) -> impl Iterator<Item = (&str, &str)> {
        self.cases.iter().filter_map(|judged| Some((judged.case.as_str(), judged.not_run.as_deref()?)))
    }
}

fn judged(seen: &CaseSeen, force: &Force<'_>) -> Judged {
    let CaseSeen { case, ran, figures, calls, host_calls } = seen;
    let mut judged = Judged {
        case: case.clone(),
        differences: Vec::new(),
        figures: figures.clone(),
        calls: calls.clone(),
        host_calls: host_calls.clone(),
        ignored: None,
        not_run: None,
    };
    match ran {
        Ran::Ignored(reason) => judged.ignored = Some(reason.clone()),
        Ran::Not(why) => judged.not_run = Some(why.clone()),
        Ran::Both(differences) => {
            judged.differences = differences
                .iter()
                .map(|difference| Explained {
                    difference: difference.clone(),
                    rule: force.rule_for(case, difference).map(|rule| rule.id.clone()),
                })
                .collect();
        }
    }
    judged
}

/// The rules that are in force.
struct Force<'r> {
    rules: &'r Rules,
    release: Option<&'r Version>,
}

impl<'r> Force<'r> {
    fn expected(&self) -> impl Iterator<Item = (&'r Rule, &'r Expected)> {
        let all =
            self.rules.rules.iter().flat_map(|rule| rule.differences.iter().map(move |expected| (rule, expected)));
        let release = self.release;
        all.filter(move |(_, expected)| expected.is_about(release))
    }

    fn rule_for(&self, case: &str, difference: &Difference) -> Option<&'r Rule> {
        let explains =
            |expected: &Expected| expected.cases.iter().any(|name| name == case) && expected.fits(difference);
        self.expected().find(|(_, expected)| explains(expected)).map(|(rule, _)| rule)
    }

    fn stale(&self, known: &BTreeMap<&str, Known<'_>>, whole: bool) -> Vec<Stale> {
        let mut stale = Vec::new();
        for (rule, expected) in self.expected() {
            for case in &expected.cases {
                let why = match known.get(case.as_str()) {
                    None if whole => "there is no such case with both sides",
                    Some(Known::Differs { calls: false, .. }) if expected.place == Place::CoreCalls => continue,
                    Some(Known::Differs { differences, .. }) if !differences.iter().any(|seen| expected.fits(seen)) => {
                        "nothing shows it any more"
                    }
                    None | Some(_) => continue,
                };
                stale.push(Stale {
                    rule: rule.id.clone(),
                    case: case.clone(),
                    says: expected.to_string(),
                    why: why.to_string(),
                });
            }
        }
        stale
    }
}

impl Expected {
    fn fits(&self, seen: &Difference) -> bool {
        self.place == seen.place && self.old.fits(seen.old.as_deref()) && self.new.fits(seen.new.as_deref())
    }
}

impl RuleUse {
    fn of(rule: &Rule, cases: &[Judged]) -> RuleUse {
        let mut found = RuleUse { id: rule.id.clone(), class: rule.class, differences: 0, cases: BTreeSet::new() };
        for judged in cases {
            let count = judged.differences.iter().filter(|explained| explained.rule.as_ref() == Some(&rule.id)).count();
            if count > 0 {
                found.differences += count;
                found.cases.insert(judged.case.clone());
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(differences: &str) -> Rules {
        let head = "old = 'native'\nnew = 'reference-command'\n[[rule]]\nid = 'R'\nfunctions = ['f']\ncondition = 'c'\n\
            class = 'choice'\nreason = 'r'\nlink = 'l'\n";
        Rules::parse(&format!("{head}{differences}")).unwrap()
    }

    fn expected(case: &str, old: &str, new: &str, more: &str) -> String {
        format!("[[rule.difference]]\ncases = ['{case}']\nin = 'stdout'\nold = '{old}'\nnew = '{new}'\n{more}\n")
    }

    fn compared(cases: &[(&str, Ran)]) -> Compared {
        let cases = cases.iter().map(|(case, ran)| CaseSeen::of(case, ran.clone()));
        Compared {
            sides: ["native", "reference-command@48.0.8"].map(|side| side.parse().unwrap()),
            profiles: [None, None],
            cases: cases.collect(),
        }
    }

    fn line(old: &str, new: &str) -> Difference {
        Difference { place: Place::Stdout, line: Some(1), old: Some(old.into()), new: Some(new.into()) }
    }

    #[test]
    fn a_rule_explains_what_it_names_and_nothing_else() {
        let seen = compared(&[("g::a", Ran::Both(vec![line("1", "2")])), ("g::b", Ran::Both(vec![line("1", "2")]))]);
        let judgement = seen.judge(&rules(&expected("g::a", "1", "2", "")), true);
        assert_eq!(judgement.unexplained().map(|(case, _)| case).collect::<Vec<_>>(), ["g::b"]);
        assert_eq!(judgement.rules[0].cases, BTreeSet::from(["g::a".to_string()]));
        assert!(judgement.stale.is_empty() && !judgement.is_clean());
        let other =
            compared(&[("g::a", Ran::Both(vec![line("1", "3")]))]).judge(&rules(&expected("g::a", "1", "2", "")), true);
        assert_eq!((other.unexplained().count(), other.stale.len()), (1, 1));
    }

    #[test]
    fn every_part_of_a_rule_must_show() {
        let seen = compared(&[("g::a", Ran::Both(vec![line("1", "2")])), ("g::b", Ran::Ignored("no tool".into()))]);
        let parts = [
            expected("g::a", "1", "2", ""),
            expected("g::a", "3", "4", ""),
            // Nothing can be said of it, nor of calls that nobody reports; and of another release, nothing is said.
            expected("g::b", "1", "2", ""),
            expected("g::a", "m.f()", "m.g()", "").replace("'stdout'", "'core-calls'"),
            expected("g::a", "5", "6", "releases = ['<48']"),
        ];
        let judgement = seen.judge(&rules(&parts.concat()), true);
        let stale: Vec<_> = judgement.stale.iter().map(|stale| (stale.case.as_str(), stale.says.as_str())).collect();
        assert_eq!(stale, [("g::a", "stdout: `3` and `4`")]);
        assert!(!judgement.is_clean());
    }

    #[test]
    fn a_case_that_there_is_not_is_stale_in_a_whole_comparison() {
        let seen = compared(&[("g::a", Ran::Both(Vec::new()))]);
        let rules = rules(&expected("g::gone", "1", "2", ""));
        assert_eq!(seen.judge(&rules, true).stale.len(), 1);
        assert!(seen.judge(&rules, false).is_clean());
    }

    #[test]
    fn what_could_not_be_run_is_no_comparison() {
        assert!(
            !compared(&[("g::a", Ran::Not("native: not built".into()))])
                .judge(&rules(&expected("g::b", "1", "2", "")), false)
                .is_clean()
        );
    }
}
