//! Text report of a judgement: counts, failures in full, a table of all differences with their rules, and further
//! information.

use std::collections::BTreeMap;
use std::fmt;

use polyfill_builder::index::NATIVE;

use super::figures::{Figures, PerCent};
use super::judge::{Explained, Judgement};
use super::rules::Class;
use super::table::{self, counted};
use super::weights::Weights;

/// Maximum length in characters of a value in the table.
const MOST_CHARS: usize = 44;

/// Minimum difference in percent of a case's instructions that is reported.
const FUEL: u128 = 1;

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [baseline, candidate] = &self.sides;
        writeln!(f, "{baseline} and {candidate}\n")?;
        self.summary(f)?;
        self.wrong(f)?;
        self.table(f)?;
        self.calls(f)?;
        self.figures(f)?;
        if let [Some(baseline), Some(candidate)] = &self.adapters {
            write!(f, "\n{}", Weights(baseline, candidate))?;
        }
        self.ignored(f)
    }
}

impl Judgement {
    fn table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [baseline, candidate] = &self.sides;
        let mut rows = vec![["case".into(), "in".into(), baseline.clone(), candidate.clone(), "rule".into()]];
        rows.extend(self.differences().map(|(case, explained)| row(case, explained)));
        if rows.len() == 1 {
            return Ok(());
        }
        writeln!(f)?;
        table::write(f, &rows)
    }

    /// Writes the diverging calls of each case.
    fn calls(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for judged in &self.cases {
            if let Some(listing) = &judged.calls {
                write!(f, "\ncore calls of {} diverge:\n{listing}", judged.case)?;
            }
            if let Some(listing) = &judged.host_calls {
                write!(f, "\nhost calls of {} diverge:\n{listing}", judged.case)?;
            }
        }
        Ok(())
    }

    /// Returns true if both sides use adapters. Resource use with and without an adapter is not comparable.
    fn has_adapters(&self) -> bool {
        self.sides.iter().all(|side| side != NATIVE)
    }

    /// Writes differences in resource use by case. They are not failures.
    fn figures(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [baseline, candidate] = &self.sides;
        let mut rows = vec![["case".to_string(), "figure".to_string(), baseline.clone(), candidate.clone()]];
        for judged in self.cases.iter().filter(|_| self.has_adapters()) {
            let Some([baseline, candidate]) = &judged.figures else { continue };
            for ((key, baseline), (_, candidate)) in baseline.exact().into_iter().zip(candidate.exact()) {
                if let (Some(baseline), Some(candidate), true) = (baseline, candidate, baseline != candidate) {
                    rows.push([judged.case.clone(), key.to_string(), baseline.to_string(), candidate.to_string()]);
                }
            }
            if let (Some(baseline), Some(candidate)) = (baseline.fuel, candidate.fuel)
                && baseline.abs_diff(candidate) as u128 * 100 >= u128::from(baseline) * FUEL
            {
                let more = PerCent(baseline, candidate);
                rows.push([
                    judged.case.clone(),
                    "fuel".to_string(),
                    baseline.to_string(),
                    format!("{candidate} ({more})"),
                ]);
            }
        }
        if rows.len() == 1 {
            return Ok(());
        }
        writeln!(f)?;
        table::write(f, &rows)
    }

    /// Writes the failures, in enough detail to write a rule from them.
    fn wrong(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [baseline, candidate] = &self.sides;
        let width = baseline.chars().count().max(candidate.chars().count()) + 1;
        for over in &self.over {
            writeln!(f, "\nover budget: {}: {} {}", over.of, over.key, over.message)?;
        }
        for (case, difference) in self.unexplained() {
            writeln!(f, "\nno rule: {case}, {}", difference.place)?;
            for (side, value) in [(baseline, &difference.baseline), (candidate, &difference.candidate)] {
                writeln!(f, "  {:width$} {}", format!("{side}:"), worded(value.as_deref()))?;
            }
        }
        for stale in &self.stale {
            writeln!(f, "\nstale: rule {} for {}\n  {}\n  {}", stale.rule, stale.case, stale.expected, stale.why)?;
        }
        for (case, why) in self.not_run() {
            writeln!(f, "\nnot compared: {case}\n  {}", why.trim_end().replace('\n', "\n  "))?;
        }
        Ok(())
    }

    fn ignored(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for reason in self.cases.iter().filter_map(|judged| judged.ignored.as_deref()) {
            *reasons.entry(reason).or_default() += 1;
        }
        if !reasons.is_empty() {
            writeln!(f)?;
        }
        for (reason, count) in &reasons {
            writeln!(f, "ignored {}: {reason}", counted(*count, "case"))?;
        }
        Ok(())
    }

    fn summary(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let compared: Vec<_> =
            self.cases.iter().filter(|judged| judged.ignored.is_none() && judged.not_run.is_none()).collect();
        let differing = compared.iter().filter(|judged| !judged.differences.is_empty()).count();
        writeln!(
            f,
            "{} compared, {} equal, {differing} different; {} ignored, {} not run",
            counted(compared.len(), "case"),
            compared.len() - differing,
            self.cases.iter().filter(|judged| judged.ignored.is_some()).count(),
            self.not_run().count(),
        )?;
        let used: Vec<_> = self.rules.iter().filter(|rule| rule.differences > 0).collect();
        let of =
            |class: Class| used.iter().filter(|rule| rule.class == class).map(|rule| rule.differences).sum::<usize>();
        writeln!(
            f,
            "{}: {} structural, {} by choice, {} by bugs, in {}; {} without a rule; {}",
            counted(self.differences().count(), "difference"),
            of(Class::Structural),
            of(Class::Choice),
            of(Class::Bug),
            counted(used.len(), "rule"),
            self.unexplained().count(),
            match self.stale.len() {
                0 => "0 stale".to_string(),
                stale => format!("{stale} stale"),
            }
        )?;
        if !self.over.is_empty() {
            writeln!(f, "{} exceeded", counted(self.over.len(), "budget"))?;
        }
        self.took(f)
    }

    /// Writes total resource use of all cases, and the sizes of the adapters.
    fn took(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figures: Vec<_> = self.cases.iter().filter_map(|judged| judged.figures.as_ref()).collect();
        let figures = if self.has_adapters() { &figures[..] } else { &[] };
        let sum = |of: fn(&Figures) -> Option<u64>| {
            let both = figures.iter().filter_map(|[baseline, candidate]| of(baseline).zip(of(candidate)));
            both.reduce(|(baseline, candidate), (more_old, more_new)| (baseline + more_old, candidate + more_new))
        };
        let mut parts = Vec::new();
        for (word, of) in [
            ("pages", (|figures| Some(figures.pages())) as fn(&Figures) -> Option<u64>),
            ("host calls", |figures| figures.host_calls),
            ("core calls", |figures| figures.core_calls),
        ] {
            if let Some((baseline, candidate)) = sum(of).filter(|(baseline, candidate)| baseline != candidate) {
                parts.push(format!("{word} {baseline} -> {candidate}"));
            }
        }
        if let Some((baseline, candidate)) =
            sum(|figures| figures.fuel).filter(|(baseline, candidate)| baseline != candidate)
        {
            parts.push(format!("fuel {}", PerCent(baseline, candidate)));
        }
        if let [Some(baseline), Some(candidate)] = &self.adapters {
            parts.push(format!("adapter {} -> {} bytes", baseline.size, candidate.size));
        }
        if parts.is_empty() { Ok(()) } else { writeln!(f, "{}", parts.join(", ")) }
    }
}

fn row(case: &str, explained: &Explained) -> [String; 5] {
    let difference = &explained.difference;
    let place = match difference.line {
        Some(line) => format!("{} line {line}", difference.place),
        None => difference.place.to_string(),
    };
    let rule = explained.rule.clone().unwrap_or_else(|| "no rule".to_string());
    let [baseline, candidate] =
        [&difference.baseline, &difference.candidate].map(|value| short(worded(value.as_deref())));
    [case.to_string(), place, baseline, candidate, rule]
}

pub(super) fn short(value: &str) -> String {
    match value.char_indices().nth(MOST_CHARS) {
        Some((at, _)) => format!("{}..", &value[..at]),
        None => value.to_string(),
    }
}

/// Returns a value, or a placeholder if it is absent or empty.
pub(super) fn worded(value: Option<&str>) -> &str {
    match value {
        None => "(nothing)",
        Some("") => "(empty)",
        Some(value) => value,
    }
}
