//! Budgets: what the second side may take, and by how much that may be more than the first.

use std::path::Path;

use polyfill_build::fits;
use polyfill_build::profile::Profile;
use serde::{Deserialize, Serialize};

use super::figures::{Figures, PerCent};
use super::pairs::CaseSeen;
use crate::reviewed::{self, RulesError};

/// A file of budgets, or the key `budget` of a file of rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Budget {
    /// Of the adapters.
    pub adapter: AdapterBudget,
    /// Of cases, each for itself.
    #[serde(rename = "case")]
    pub cases: Vec<CaseBudget>,
}

/// What adapters may weigh.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct AdapterBudget {
    /// Bytes.
    pub size: Option<u64>,
    /// Bytes more than on the first side.
    pub size_growth: Option<u64>,
    /// Bytes of code that are left for any one function of preview1.
    pub code: Option<u64>,
    /// Bytes of code more for any one function than on the first side.
    pub code_growth: Option<u64>,
}

/// What each of some cases may take.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CaseBudget {
    /// The cases, as `guest::case`; `*` stands for any text.
    pub cases: Vec<String>,
    /// Instructions.
    pub fuel: Option<u64>,
    /// Instructions more than on the first side, in per cent of that.
    pub fuel_growth: Option<u64>,
    /// 64 KiB pages of all memories at the end.
    pub pages: Option<u64>,
    /// Calls of the host's functions.
    pub host_calls: Option<u64>,
    /// Calls of the host's functions more than on the first side.
    pub host_calls_growth: Option<u64>,
    /// Calls across the core boundary.
    pub core_calls: Option<u64>,
    /// Calls of the host's functions for each call across the core boundary, on average.
    pub host_calls_per_core_call: Option<u64>,
}

/// A budget that was not kept, or that nothing could be said of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Over {
    /// The adapter, or the case.
    pub of: String,
    /// The key.
    pub key: &'static str,
    /// What there is, and what there may be.
    pub says: String,
}

impl Budget {
    /// Reads a file of budgets.
    pub fn read(path: &Path) -> Result<Budget, RulesError> {
        reviewed::read(path, Budget::parse)
    }

    /// Reads the text of a file; or tells all that is wrong with it.
    pub fn parse(text: &str) -> Result<Budget, Vec<String>> {
        reviewed::parse(text, Budget::problems)
    }

    /// What TOML's shape alone does not say.
    pub(super) fn problems(&self) -> Vec<String> {
        let empty = self.cases.iter().filter(|budget| budget.cases.is_empty());
        empty.map(|_| "a budget of cases names none (`cases`)".to_string()).collect()
    }

    /// Whether instructions have to be counted for it.
    pub fn needs_fuel(&self) -> bool {
        self.cases.iter().any(|budget| budget.fuel.or(budget.fuel_growth).is_some())
    }

    /// Whether calls across the core boundary have to be reported for it.
    pub fn needs_core_calls(&self) -> bool {
        self.cases.iter().any(|budget| budget.core_calls.or(budget.host_calls_per_core_call).is_some())
    }

    /// Whether calls of the host have to be counted for it.
    pub fn needs_host_calls(&self) -> bool {
        let needs = |budget: &CaseBudget| {
            budget.host_calls.or(budget.host_calls_growth).or(budget.host_calls_per_core_call).is_some()
        };
        self.cases.iter().any(needs)
    }

    /// Whether adapters have to be looked at for it.
    pub fn needs_profiles(&self) -> bool {
        self.adapter != AdapterBudget::default()
    }

    /// All that is not kept. `whole` says that these are all cases of the suite.
    pub(super) fn over(&self, profiles: &[Option<Profile>; 2], cases: &[CaseSeen], whole: bool) -> Vec<Over> {
        let mut over = Vec::new();
        if self.needs_profiles() {
            self.adapter.check(profiles, &mut over);
        }
        for budget in &self.cases {
            let named = |case: &str| budget.cases.iter().any(|pattern| fits(pattern, "*", case));
            for seen in cases.iter().filter(|seen| named(&seen.case)) {
                if let Some(figures) = &seen.figures {
                    budget.check(&seen.case, figures, &mut over);
                }
            }
            for pattern in budget.cases.iter().filter(|_| whole) {
                if !cases.iter().any(|seen| fits(pattern, "*", &seen.case)) {
                    let says = "there is no such case with both sides".to_string();
                    over.push(Over { of: pattern.clone(), key: "cases", says });
                }
            }
        }
        over
    }
}

impl AdapterBudget {
    fn check(&self, profiles: &[Option<Profile>; 2], over: &mut Vec<Over>) {
        let [old, Some(new)] = profiles else {
            let says = "the second side has no adapter that could be looked at".to_string();
            return over.push(Over { of: "adapter".to_string(), key: "adapter", says });
        };
        let size = |profile: &Profile| profile.size as u64;
        let mut books = Books { of: &new.adapter, over };
        books.most("size", self.size, Some(size(new)));
        books.growth("size-growth", self.size_growth, old.as_ref().map(size), Some(size(new)));
        for (function, kept) in &new.functions {
            let code = Some(kept.code as u64);
            let of = format!("{} for {function}", new.adapter);
            let mut books = Books { of: &of, over };
            books.most("code", self.code, code);
            let before = old.as_ref().map(|old| old.functions.get(function).map_or(0, |kept| kept.code as u64));
            books.growth("code-growth", self.code_growth, before, code);
        }
    }
}

impl CaseBudget {
    fn check(&self, case: &str, [old, new]: &[Figures; 2], over: &mut Vec<Over>) {
        let mut books = Books { of: case, over };
        books.most("fuel", self.fuel, new.fuel);
        books.per_cent("fuel-growth", self.fuel_growth, old.fuel, new.fuel);
        books.most("pages", self.pages, Some(new.pages()));
        books.most("host-calls", self.host_calls, new.host_calls);
        books.growth("host-calls-growth", self.host_calls_growth, old.host_calls, new.host_calls);
        // A run that calls nothing reports nothing.
        books.most("core-calls", self.core_calls, Some(new.core_calls.unwrap_or_default()));
        let per_call = new.host_calls.map(|calls| calls.div_ceil(new.core_calls.unwrap_or(1)));
        books.most("host-calls-per-core-call", self.host_calls_per_core_call, per_call);
    }
}

/// Where failures of one adapter or case are written down.
struct Books<'a> {
    of: &'a str,
    over: &'a mut Vec<Over>,
}

impl Books<'_> {
    fn most(&mut self, key: &'static str, most: Option<u64>, is: Option<u64>) {
        match (most, is) {
            (None, _) => {}
            (Some(most), Some(is)) if is <= most => {}
            (Some(most), Some(is)) => self.add(key, format!("{is}, may be {most}")),
            (Some(_), None) => self.unknown(key),
        }
    }

    fn growth(&mut self, key: &'static str, most: Option<u64>, old: Option<u64>, new: Option<u64>) {
        match (most, old, new) {
            (None, _, _) => {}
            (Some(most), Some(old), Some(new)) if new.saturating_sub(old) <= most => {}
            (Some(most), Some(old), Some(new)) => self.add(key, format!("from {old} to {new}, may be {most} more")),
            (Some(_), _, _) => self.unknown(key),
        }
    }

    fn per_cent(&mut self, key: &'static str, most: Option<u64>, old: Option<u64>, new: Option<u64>) {
        match (most, old, new) {
            (None, _, _) => {}
            (Some(most), Some(old), Some(new)) if is_within(most, old, new) => {}
            (Some(most), Some(old), Some(new)) => {
                self.add(key, format!("from {old} to {new} ({}), may be {most} % more", PerCent(old, new)));
            }
            (Some(_), _, _) => self.unknown(key),
        }
    }

    /// A budget that nobody looks at would always be kept.
    fn unknown(&mut self, key: &'static str) {
        self.add(key, "there is no such figure of this side: it is not recorded there".to_string());
    }

    fn add(&mut self, key: &'static str, says: String) {
        self.over.push(Over { of: self.of.to_string(), key, says });
    }
}

fn is_within(most: u64, old: u64, new: u64) -> bool {
    u128::from(new) * 100 <= u128::from(old) * (100 + u128::from(most))
}

#[cfg(test)]
mod tests {
    use super::super::pairs::Ran;
    use super::*;

    fn over(budget: &str, old: Figures, new: Figures) -> Vec<String> {
        let budget: Budget = toml::from_str(budget).unwrap();
        let seen = CaseSeen { figures: Some([old, new]), ..CaseSeen::of("g::c", Ran::Both(Vec::new())) };
        let over = budget.over(&[None, None], &[seen], true);
        over.iter().map(|over| format!("{}: {} {}", over.of, over.key, over.says)).collect()
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
    fn what_is_within_is_not_told() {
        let all = "[[case]]\ncases = ['g::*']\nfuel = 110\nfuel-growth = 10\npages = 3\nhost-calls = 4\ncore-calls = 2\n\
            host-calls-growth = 1\nhost-calls-per-core-call = 2\n";
        assert_eq!(over(all, figures(100, 3), figures(110, 4)), Vec::<String>::new());
    }

    #[test]
    fn what_is_over_comes_with_its_figures() {
        let case = |keys: &str| format!("[[case]]\ncases = ['g::c']\n{keys}\n");
        for (keys, expected) in [
            ("fuel = 99", "g::c: fuel 111, may be 99"),
            ("fuel-growth = 10", "g::c: fuel-growth from 100 to 111 (+11.0 %), may be 10 % more"),
            ("pages = 2", "g::c: pages 3, may be 2"),
            ("host-calls-growth = 1", "g::c: host-calls-growth from 3 to 5, may be 1 more"),
            ("host-calls-per-core-call = 2", "g::c: host-calls-per-core-call 3, may be 2"),
        ] {
            assert_eq!(over(&case(keys), figures(100, 3), figures(111, 5)), [expected]);
        }
    }

    #[test]
    fn a_budget_of_nothing_is_not_kept() {
        let case = "[[case]]\ncases = ['g::c']\nfuel = 99\n";
        assert_eq!(over(case, Figures::default(), Figures::default()).len(), 1);
        assert_eq!(over("[[case]]\ncases = ['x::*']\n", Figures::default(), Figures::default()).len(), 1);
        assert_eq!(over("[adapter]\nsize = 1\n", Figures::default(), Figures::default()).len(), 1);
        assert!(Budget::parse("[adapter]\nweight = 1\n").is_err() && Budget::parse("[[case]]\ncases = []\n").is_err());
    }
}
