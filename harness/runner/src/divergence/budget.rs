//! Budgets: limits on resource use of the candidate, absolute and relative to the baseline.

use std::path::Path;

use polyfill_builder::fits;
use polyfill_builder::profile::Profile;
use serde::{Deserialize, Serialize};

use super::figures::{Figures, PerCent};
use super::pairs::CaseComparison;
use crate::reviewed::{self, RulesError};

/// File of budgets, or the key `budget` of a file of rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Budget {
    /// Limits for the adapters.
    pub adapter: AdapterBudget,
    /// Limits for single cases.
    #[serde(rename = "case")]
    pub cases: Vec<CaseBudget>,
}

/// Limits for the size of adapters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct AdapterBudget {
    /// Maximum size in bytes.
    pub size: Option<u64>,
    /// Maximum growth in bytes over the baseline.
    pub size_growth: Option<u64>,
    /// Maximum bytes of code kept for any one function of preview1.
    pub code: Option<u64>,
    /// Maximum growth over the baseline of the code kept for any one function, in bytes.
    pub code_growth: Option<u64>,
}

/// Limits for each of some cases.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CaseBudget {
    /// Cases, as `guest::case`; `*` matches any text.
    pub cases: Vec<String>,
    /// Maximum number of instructions.
    pub fuel: Option<u64>,
    /// Maximum growth of instructions over the baseline in percent.
    pub fuel_growth: Option<u64>,
    /// Maximum number of 64 KiB pages of all memories at the end.
    pub pages: Option<u64>,
    /// Maximum number of host calls.
    pub host_calls: Option<u64>,
    /// Maximum growth of host calls over the baseline.
    pub host_calls_growth: Option<u64>,
    /// Maximum number of calls across the core boundary.
    pub core_calls: Option<u64>,
    /// Maximum average number of host calls per call across the core boundary.
    pub host_calls_per_core_call: Option<u64>,
}

/// Budget that was exceeded or could not be checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Excess {
    /// Adapter or case.
    pub of: String,
    /// Key of the budget.
    pub key: &'static str,
    /// Actual value and limit.
    pub message: String,
}

impl Budget {
    /// Reads a file of budgets.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read or is invalid.
    pub fn read(path: &Path) -> Result<Budget, RulesError> {
        reviewed::read(path, Budget::parse)
    }

    /// Parses the text of a file.
    ///
    /// # Errors
    ///
    /// Returns all problems found.
    pub fn parse(text: &str) -> Result<Budget, Vec<String>> {
        reviewed::parse(text, Budget::problems)
    }

    /// Returns the problems that deserialization does not detect.
    pub(super) fn problems(&self) -> Vec<String> {
        let empty = self.cases.iter().filter(|budget| budget.cases.is_empty());
        empty.map(|_| "a `[[case]]` budget has no `cases`".to_string()).collect()
    }

    /// Returns true if instructions must be counted.
    pub fn needs_fuel(&self) -> bool {
        self.cases.iter().any(|budget| budget.fuel.or(budget.fuel_growth).is_some())
    }

    /// Returns true if calls across the core boundary must be reported.
    pub fn needs_core_calls(&self) -> bool {
        self.cases.iter().any(|budget| budget.core_calls.or(budget.host_calls_per_core_call).is_some())
    }

    /// Returns true if host calls must be counted.
    pub fn needs_host_calls(&self) -> bool {
        let needs = |budget: &CaseBudget| {
            budget.host_calls.or(budget.host_calls_growth).or(budget.host_calls_per_core_call).is_some()
        };
        self.cases.iter().any(needs)
    }

    /// Returns true if adapters must be profiled.
    pub fn needs_profiles(&self) -> bool {
        self.adapter != AdapterBudget::default()
    }

    /// Returns the exceeded budgets. `whole` is set if `cases` are all cases of the suite.
    pub(super) fn over(&self, profiles: &[Option<Profile>; 2], cases: &[CaseComparison], whole: bool) -> Vec<Excess> {
        let mut over = Vec::new();
        if self.needs_profiles() {
            self.adapter.check(profiles, &mut over);
        }
        for budget in &self.cases {
            let named = |case: &str| budget.cases.iter().any(|pattern| fits(pattern, "*", case));
            for case in cases.iter().filter(|case| named(&case.case)) {
                if let Some(figures) = &case.figures {
                    budget.check(&case.case, figures, &mut over);
                }
            }
            for pattern in budget.cases.iter().filter(|_| whole) {
                if !cases.iter().any(|case| fits(pattern, "*", &case.case)) {
                    let message = "no such case with both sides".to_string();
                    over.push(Excess { of: pattern.clone(), key: "cases", message });
                }
            }
        }
        over
    }
}

impl AdapterBudget {
    fn check(&self, profiles: &[Option<Profile>; 2], over: &mut Vec<Excess>) {
        let [baseline, Some(candidate)] = profiles else {
            let message = "the candidate has no adapter that can be profiled".to_string();
            return over.push(Excess { of: "adapter".to_string(), key: "adapter", message });
        };
        let size = |profile: &Profile| profile.size as u64;
        let mut books = Books { of: &candidate.adapter, over };
        books.most("size", self.size, Some(size(candidate)));
        books.growth("size-growth", self.size_growth, baseline.as_ref().map(size), Some(size(candidate)));
        for (function, kept) in &candidate.functions {
            let code = Some(kept.code as u64);
            let of = format!("{} for {function}", candidate.adapter);
            let mut books = Books { of: &of, over };
            books.most("code", self.code, code);
            let before =
                baseline.as_ref().map(|baseline| baseline.functions.get(function).map_or(0, |kept| kept.code as u64));
            books.growth("code-growth", self.code_growth, before, code);
        }
    }
}

impl CaseBudget {
    fn check(&self, case: &str, [baseline, candidate]: &[Figures; 2], over: &mut Vec<Excess>) {
        let mut books = Books { of: case, over };
        books.most("fuel", self.fuel, candidate.fuel);
        books.per_cent("fuel-growth", self.fuel_growth, baseline.fuel, candidate.fuel);
        books.most("pages", self.pages, Some(candidate.pages()));
        books.most("host-calls", self.host_calls, candidate.host_calls);
        books.growth("host-calls-growth", self.host_calls_growth, baseline.host_calls, candidate.host_calls);
        // A run without core calls reports no figure.
        books.most("core-calls", self.core_calls, Some(candidate.core_calls.unwrap_or_default()));
        let per_call = candidate.host_calls.map(|calls| calls.div_ceil(candidate.core_calls.unwrap_or(1)));
        books.most("host-calls-per-core-call", self.host_calls_per_core_call, per_call);
    }
}

/// Collects the exceeded budgets of one adapter or case.
struct Books<'a> {
    of: &'a str,
    over: &'a mut Vec<Excess>,
}

impl Books<'_> {
    fn most(&mut self, key: &'static str, most: Option<u64>, is: Option<u64>) {
        match (most, is) {
            (None, _) => {}
            (Some(most), Some(is)) if is <= most => {}
            (Some(most), Some(is)) => self.add(key, format!("{is}, limit {most}")),
            (Some(_), None) => self.unknown(key),
        }
    }

    fn growth(&mut self, key: &'static str, most: Option<u64>, baseline: Option<u64>, candidate: Option<u64>) {
        match (most, baseline, candidate) {
            (None, _, _) => {}
            (Some(most), Some(baseline), Some(candidate)) if candidate.saturating_sub(baseline) <= most => {}
            (Some(most), Some(baseline), Some(candidate)) => {
                self.add(key, format!("from {baseline} to {candidate}, limit +{most}"))
            }
            (Some(_), _, _) => self.unknown(key),
        }
    }

    fn per_cent(&mut self, key: &'static str, most: Option<u64>, baseline: Option<u64>, candidate: Option<u64>) {
        match (most, baseline, candidate) {
            (None, _, _) => {}
            (Some(most), Some(baseline), Some(candidate)) if is_within(most, baseline, candidate) => {}
            (Some(most), Some(baseline), Some(candidate)) => {
                self.add(
                    key,
                    format!("from {baseline} to {candidate} ({}), limit +{most} %", PerCent(baseline, candidate)),
                );
            }
            (Some(_), _, _) => self.unknown(key),
        }
    }

    /// Reports a budget that cannot be checked, so that it does not pass silently.
    fn unknown(&mut self, key: &'static str) {
        self.add(key, "not recorded on this side".to_string());
    }

    fn add(&mut self, key: &'static str, message: String) {
        self.over.push(Excess { of: self.of.to_string(), key, message });
    }
}

fn is_within(most: u64, baseline: u64, candidate: u64) -> bool {
    u128::from(candidate) * 100 <= u128::from(baseline) * (100 + u128::from(most))
}

#[cfg(test)]
mod tests {
    use super::super::pairs::Ran;
    use super::*;

    fn over(budget: &str, baseline: Figures, candidate: Figures) -> Vec<String> {
        let budget: Budget = toml::from_str(budget).unwrap();
        let case = CaseComparison {
            figures: Some([baseline, candidate]),
            ..CaseComparison::of("g::c", Ran::Both(Vec::new()))
        };
        let over = budget.over(&[None, None], &[case], true);
        over.iter().map(|over| format!("{}: {} {}", over.of, over.key, over.message)).collect()
    }

    fn figures(fuel: u64, calls: u64) -> Figures {
        Figures {
            fuel: Some(fuel),
            host_calls: Some(calls),
            core_calls: Some(2),
            pages_initial: 3,
            ..Figures::default()
        }
    }

    #[test]
    fn kept_budgets_are_not_reported() {
        let all = "[[case]]\ncases = ['g::*']\nfuel = 110\nfuel-growth = 10\npages = 3\nhost-calls = 4\ncore-calls = 2\n\
            host-calls-growth = 1\nhost-calls-per-core-call = 2\n";
        assert_eq!(over(all, figures(100, 3), figures(110, 4)), Vec::<String>::new());
    }

    #[test]
    fn exceeded_budgets_are_reported_with_figures() {
        let case = |keys: &str| format!("[[case]]\ncases = ['g::c']\n{keys}\n");
        for (keys, expected) in [
            ("fuel = 99", "g::c: fuel 111, limit 99"),
            ("fuel-growth = 10", "g::c: fuel-growth from 100 to 111 (+11.0 %), limit +10 %"),
            ("pages = 2", "g::c: pages 3, limit 2"),
            ("host-calls-growth = 1", "g::c: host-calls-growth from 3 to 5, limit +1"),
            ("host-calls-per-core-call = 2", "g::c: host-calls-per-core-call 3, limit 2"),
        ] {
            assert_eq!(over(&case(keys), figures(100, 3), figures(111, 5)), [expected]);
        }
    }

    #[test]
    fn budgets_without_figures_are_reported() {
        let case = "[[case]]\ncases = ['g::c']\nfuel = 99\n";
        assert_eq!(over(case, Figures::default(), Figures::default()).len(), 1);
        assert_eq!(over("[[case]]\ncases = ['x::*']\n", Figures::default(), Figures::default()).len(), 1);
        assert_eq!(over("[adapter]\nsize = 1\n", Figures::default(), Figures::default()).len(), 1);
        assert!(Budget::parse("[adapter]\nweight = 1\n").is_err() && Budget::parse("[[case]]\ncases = []\n").is_err());
    }
}
