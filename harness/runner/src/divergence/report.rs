//! A judgement as text: the counts, what is wrong in full, a table of all differences with their rules, and what there is to know
//! beside them.

use std::collections::BTreeMap;
use std::fmt;

use polyfill_build::index::NATIVE;

use super::figures::{Figures, PerCent};
use super::judge::{Explained, Judgement};
use super::rules::Class;
use super::table::{self, counted};
use super::weights::Weights;

/// Characters of a value in the table.
const MOST_CHARS: usize = 44;

/// Per cent by which a case takes more or fewer instructions, if that is told.
const FUEL: u128 = 1;

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [old, new] = &self.sides;
        writeln!(f, "{old} and {new}\n")?;
        self.summary(f)?;
        self.wrong(f)?;
        self.table(f)?;
        self.calls(f)?;
        self.figures(f)?;
        if let [Some(old), Some(new)] = &self.adapters {
            write!(f, "\n{}", Weights(old, new))?;
        }
        self.ignored(f)
    }
}

impl Judgement {
    fn table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [old, new] = &self.sides;
        let mut rows = vec![["case".into(), "in".into(), old.clone(), new.clone(), "rule".into()]];
        rows.extend(self.differences().map(|(case, explained)| row(case, explained)));
        if rows.len() == 1 {
            return Ok(());
        }
        writeln!(f)?;
        table::write(f, &rows)
    }

    /// Where calls across the boundaries part, of each case in which they do.
    fn calls(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for judged in &self.cases {
            if let Some(listing) = &judged.calls {
                write!(f, "\ncalls of {} part:\n{listing}", judged.case)?;
            }
            if let Some(listing) = &judged.host_calls {
                write!(f, "\ncalls of the host of {} part:\n{listing}", judged.case)?;
            }
        }
        Ok(())
    }

    /// What a guest takes with an adapter is nothing beside what it takes without.
    fn has_adapters(&self) -> bool {
        self.sides.iter().all(|side| side != NATIVE)
    }

    /// What a case took, where that is not the same: that is no failure.
    fn figures(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [old, new] = &self.sides;
        let mut rows = vec![["case".to_string(), "figure".to_string(), old.clone(), new.clone()]];
        for judged in self.cases.iter().filter(|_| self.has_adapters()) {
            let Some([old, new]) = &judged.figures else { continue };
            for ((key, old), (_, new)) in old.exact().into_iter().zip(new.exact()) {
                if let (Some(old), Some(new), true) = (old, new, old != new) {
                    rows.push([judged.case.clone(), key.to_string(), old.to_string(), new.to_string()]);
                }
            }
            if let (Some(old), Some(new)) = (old.fuel, new.fuel)
                && old.abs_diff(new) as u128 * 100 >= u128::from(old) * FUEL
            {
                let more = PerCent(old, new);
                rows.push([judged.case.clone(), "fuel".to_string(), old.to_string(), format!("{new} ({more})")]);
            }
        }
        if rows.len() == 1 {
            return Ok(());
        }
        writeln!(f)?;
        table::write(f, &rows)
    }

    /// What makes the comparison fail, so that a rule can be written from it.
    fn wrong(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [old, new] = &self.sides;
        let width = old.chars().count().max(new.chars().count()) + 1;
        for over in &self.over {
            writeln!(f, "\nover budget: {}: {} {}", over.of, over.key, over.says)?;
        }
        for (case, difference) in self.unexplained() {
            writeln!(f, "\nno rule: {case}, {}", difference.place)?;
            for (side, value) in [(old, &difference.old), (new, &difference.new)] {
                writeln!(f, "  {:width$} {}", format!("{side}:"), worded(value.as_deref()))?;
            }
        }
        for stale in &self.stale {
            writeln!(f, "\nstale: rule {} for {}\n  {}\n  {}", stale.rule, stale.case, stale.says, stale.why)?;
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
            "{} compared, {} the same, {differing} not; {} ignored, {} not run",
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
                0 => "nothing is stale".to_string(),
                stale => format!("{stale} stale"),
            }
        )?;
        if !self.over.is_empty() {
            writeln!(f, "{} not kept", counted(self.over.len(), "budget"))?;
        }
        self.took(f)
    }

    /// What both sides took in all cases together, and what their adapters weigh.
    fn took(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figures: Vec<_> = self.cases.iter().filter_map(|judged| judged.figures.as_ref()).collect();
        let figures = if self.has_adapters() { &figures[..] } else { &[] };
        let sum = |of: fn(&Figures) -> Option<u64>| {
            let both = figures.iter().filter_map(|[old, new]| of(old).zip(of(new)));
            both.reduce(|(old, new), (more_old, more_new)| (old + more_old, new + more_new))
        };
        let mut parts = Vec::new();
        for (word, of) in [
            ("pages", (|figures| Some(figures.pages())) as fn(&Figures) -> Option<u64>),
            ("host calls", |figures| figures.host_calls),
            ("core calls", |figures| figures.core_calls),
        ] {
            if let Some((old, new)) = sum(of).filter(|(old, new)| old != new) {
                parts.push(format!("{word} {old} -> {new}"));
            }
        }
        if let Some((old, new)) = sum(|figures| figures.fuel).filter(|(old, new)| old != new) {
            parts.push(format!("fuel {}", PerCent(old, new)));
        }
        if let [Some(old), Some(new)] = &self.adapters {
            parts.push(format!("adapter {} -> {} bytes", old.size, new.size));
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
    let [old, new] = [&difference.old, &difference.new].map(|value| short(worded(value.as_deref())));
    [case.to_string(), place, old, new, rule]
}

pub(super) fn short(value: &str) -> String {
    match value.char_indices().nth(MOST_CHARS) {
        Some((at, _)) => format!("{}..", &value[..at]),
        None => value.to_string(),
    }
}

/// What there is, or that there is nothing to see.
pub(super) fn worded(value: Option<&str>) -> &str {
    match value {
        None => "(nothing)",
        Some("") => "(empty)",
        Some(value) => value,
    }
}
