//! Matches differences with rules: explained differences, unexplained differences, and stale rules.

use std::collections::{BTreeMap, BTreeSet};

use polyfill_builder::profile::Profile;
use polyfill_builder::side::Side;
use semver::Version;
use serde::Serialize;

use super::budget::Excess;
use super::calls::Listing;
use super::differences::{Difference, Place};
use super::figures::Figures;
use super::pairs::{CaseComparison, Compared, Ran};
use super::rules::{Class, Expected, Rule, Rules};

/// Result of a comparison.
#[derive(Clone, Debug, Serialize)]
pub struct Judgement {
    /// Names of the sides.
    pub sides: [String; 2],
    /// All cases, sorted by name.
    pub cases: Vec<Judged>,
    /// Use of the rules, in the order of their file.
    pub rules: Vec<RuleUse>,
    /// Expected differences that were not observed.
    pub stale: Vec<Stale>,
    /// Budgets that were exceeded or could not be checked.
    pub over: Vec<Excess>,
    /// Profiles of the adapters, if determined.
    pub adapters: [Option<Profile>; 2],
}

/// Case with its differences.
#[derive(Clone, Debug, Serialize)]
pub struct Judged {
    /// Name, as `guest::case`.
    pub case: String,
    /// Differences, each with its rule.
    pub differences: Vec<Explained>,
    /// Resource use on each side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figures: Option<[Figures; 2]>,
    /// Calls across the core boundary around the first divergence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls: Option<Listing>,
    /// Calls of the host around the first divergence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_calls: Option<Listing>,
    /// Reason for ignoring the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignored: Option<String>,
    /// Reason for failing to run the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_run: Option<String>,
}

/// Difference with the rule that explains it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// Difference.
    #[serde(flatten)]
    pub difference: Difference,
    /// Id of the rule. `None` if unexplained.
    pub rule: Option<String>,
}

/// Use of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleUse {
    /// Id of the rule.
    pub id: String,
    /// Class of the rule.
    pub class: Class,
    /// Number of differences that it explained.
    pub differences: usize,
    /// Cases with these differences.
    pub cases: BTreeSet<String>,
}

/// Expected difference that was not observed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stale {
    /// Id of the rule.
    pub rule: String,
    /// Case that it names.
    pub case: String,
    /// Expected difference.
    pub expected: String,
    /// Reason.
    pub why: String,
}

/// Observations of a case, for the rules that name it.
enum Known<'c> {
    Differs {
        differences: &'c [Difference],
        /// Set if calls across the core boundary were compared.
        calls: bool,
    },
    /// Not comparable.
    Unknown,
}

impl Compared {
    /// Judges by rules. `whole` is set if all cases of the suite were compared, so that a missing case does not exist.
    pub fn judge(&self, rules: &Rules, whole: bool) -> Judgement {
        let release = self.sides[1].release().map(|release| release.semver());
        let force = Force { rules, release: release.as_ref() };
        let cases: Vec<Judged> = self.cases.iter().map(|case| judged(case, &force)).collect();
        let known = self.cases.iter().map(|case| {
            let known = match &case.ran {
                Ran::Both(differences) => Known::Differs {
                    differences,
                    calls: case.figures.iter().flatten().any(|figures| figures.core_calls.is_some()),
                },
                Ran::Ignored(_) | Ran::Not(_) => Known::Unknown,
            };
            (case.case.as_str(), known)
        });
        let stale = force.stale(&known.collect(), whole);
        let over = rules.budget.over(&self.profiles, &self.cases, whole);
        let rules = rules.rules.iter().map(|rule| RuleUse::of(rule, &cases)).collect();
        let sides = [&self.sides[0], &self.sides[1]].map(Side::to_string);
        Judgement { sides, cases, rules, stale, over, adapters: self.profiles.clone() }
    }
}

impl Judgement {
    /// Returns true if every difference has a rule, every rule a difference, every budget is kept, and every case was
    /// run or ignored.
    pub fn is_clean(&self) -> bool {
        self.stale.is_empty()
            && self.over.is_empty()
            && self.unexplained().next().is_none()
            && self.not_run().next().is_none()
    }

    /// Returns the differences without a rule, each with its case.
    pub fn unexplained(&self) -> impl Iterator<Item = (&str, &Difference)> {
        self.differences().filter(|(_, explained)| explained.rule.is_none()).map(|(case, of)| (case, &of.difference))
    }

    /// Returns all differences, each with its case.
    pub fn differences(&self) -> impl Iterator<Item = (&str, &Explained)> {
        self.cases
            .iter()
            .flat_map(|judged| judged.differences.iter().map(|explained| (judged.case.as_str(), explained)))
    }

    /// Returns the cases that failed to run, with reasons.
    pub fn not_run(&self) -> impl Iterator<Item = (&str, &str)> {
        self.cases.iter().filter_map(|judged| Some((judged.case.as_str(), judged.not_run.as_deref()?)))
    }
}

fn judged(comparison: &CaseComparison, force: &Force<'_>) -> Judged {
    let CaseComparison { case, ran, figures, calls, host_calls } = comparison;
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

/// Applicable rules.
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
                    None if whole => "no such case with both sides",
                    Some(Known::Differs { calls: false, .. }) if expected.place == Place::CoreCalls => continue,
                    Some(Known::Differs { differences, .. })
                        if !differences.iter().any(|actual| expected.fits(actual)) =>
                    {
                        "no longer observed"
                    }
                    None | Some(_) => continue,
                };
                stale.push(Stale {
                    rule: rule.id.clone(),
                    case: case.clone(),
                    expected: expected.to_string(),
                    why: why.to_string(),
                });
            }
        }
        stale
    }
}

impl Expected {
    fn fits(&self, actual: &Difference) -> bool {
        self.place == actual.place
            && self.baseline.fits(actual.baseline.as_deref())
            && self.candidate.fits(actual.candidate.as_deref())
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
        let head = "baseline = 'native'\ncandidate = 'reference-command'\n[[rule]]\nid = 'R'\nfunctions = ['f']\ncondition = 'c'\n\
            class = 'choice'\nreason = 'r'\nlink = 'l'\n";
        Rules::parse(&format!("{head}{differences}")).unwrap()
    }

    fn expected(case: &str, baseline: &str, candidate: &str, more: &str) -> String {
        format!(
            "[[rule.difference]]\ncases = ['{case}']\nin = 'stdout'\nbaseline = '{baseline}'\ncandidate = '{candidate}'\n{more}\n"
        )
    }

    fn compared(cases: &[(&str, Ran)]) -> Compared {
        let cases = cases.iter().map(|(case, ran)| CaseComparison::of(case, ran.clone()));
        Compared {
            sides: ["native", "reference-command@48.0.8"].map(|side| side.parse().unwrap()),
            profiles: [None, None],
            cases: cases.collect(),
        }
    }

    fn line(baseline: &str, candidate: &str) -> Difference {
        Difference {
            place: Place::Stdout,
            line: Some(1),
            baseline: Some(baseline.into()),
            candidate: Some(candidate.into()),
        }
    }

    #[test]
    fn a_rule_explains_only_its_differences() {
        let comparison =
            compared(&[("g::a", Ran::Both(vec![line("1", "2")])), ("g::b", Ran::Both(vec![line("1", "2")]))]);
        let judgement = comparison.judge(&rules(&expected("g::a", "1", "2", "")), true);
        assert_eq!(judgement.unexplained().map(|(case, _)| case).collect::<Vec<_>>(), ["g::b"]);
        assert_eq!(judgement.rules[0].cases, BTreeSet::from(["g::a".to_string()]));
        assert!(judgement.stale.is_empty() && !judgement.is_clean());
        let other =
            compared(&[("g::a", Ran::Both(vec![line("1", "3")]))]).judge(&rules(&expected("g::a", "1", "2", "")), true);
        assert_eq!((other.unexplained().count(), other.stale.len()), (1, 1));
    }

    #[test]
    fn every_difference_of_a_rule_must_be_observed() {
        let comparison =
            compared(&[("g::a", Ran::Both(vec![line("1", "2")])), ("g::b", Ran::Ignored("no tool".into()))]);
        let parts = [
            expected("g::a", "1", "2", ""),
            expected("g::a", "3", "4", ""),
            // Not stale: an ignored case, unreported core calls, and a difference of other releases.
            expected("g::b", "1", "2", ""),
            expected("g::a", "m.f()", "m.g()", "").replace("'stdout'", "'core-calls'"),
            expected("g::a", "5", "6", "releases = ['<48']"),
        ];
        let judgement = comparison.judge(&rules(&parts.concat()), true);
        let stale: Vec<_> =
            judgement.stale.iter().map(|stale| (stale.case.as_str(), stale.expected.as_str())).collect();
        assert_eq!(stale, [("g::a", "stdout: `3` and `4`")]);
        assert!(!judgement.is_clean());
    }

    #[test]
    fn a_missing_case_is_stale_in_a_whole_comparison() {
        let comparison = compared(&[("g::a", Ran::Both(Vec::new()))]);
        let rules = rules(&expected("g::gone", "1", "2", ""));
        assert_eq!(comparison.judge(&rules, true).stale.len(), 1);
        assert!(comparison.judge(&rules, false).is_clean());
    }

    #[test]
    fn a_case_that_fails_to_run_is_not_clean() {
        assert!(
            !compared(&[("g::a", Ran::Not("native: not built".into()))])
                .judge(&rules(&expected("g::b", "1", "2", "")), false)
                .is_clean()
        );
    }
}
