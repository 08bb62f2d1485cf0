//! A judgement as text: a table of all differences with their rules, then what is wrong in full, then the counts.

use std::collections::BTreeMap;
use std::fmt;

use super::judge::{Explained, Judgement};
use super::rules::Class;

/// Characters of a value in the table.
const MOST_CHARS: usize = 44;

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [old, new] = &self.sides;
        writeln!(f, "{old} and {new}\n")?;
        self.table(f)?;
        self.wrong(f)?;
        self.ignored(f)?;
        self.summary(f)
    }
}

impl Judgement {
    fn table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [old, new] = &self.sides;
        let mut rows = vec![["case".into(), "in".into(), old.clone(), new.clone(), "rule".into()]];
        rows.extend(self.differences().map(|(case, explained)| row(case, explained)));
        if rows.len() == 1 {
            return writeln!(f, "no differences\n");
        }
        let mut widths = [0; 5];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        for row in rows {
            let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
            writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        writeln!(f)
    }

    /// What makes the comparison fail, so that a rule can be written from it.
    fn wrong(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [old, new] = &self.sides;
        let width = old.chars().count().max(new.chars().count()) + 1;
        for (case, difference) in self.unexplained() {
            writeln!(f, "no rule: {case}, {}", difference.place)?;
            for (side, value) in [(old, &difference.old), (new, &difference.new)] {
                writeln!(f, "  {:width$} {}", format!("{side}:"), worded(value.as_deref()))?;
            }
            writeln!(f)?;
        }
        for stale in &self.stale {
            writeln!(f, "stale: rule {} for {}\n  {}\n  {}\n", stale.rule, stale.case, stale.says, stale.why)?;
        }
        for (case, why) in self.not_run() {
            writeln!(f, "not compared: {case}\n  {}\n", why.trim_end().replace('\n', "\n  "))?;
        }
        Ok(())
    }

    fn ignored(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for reason in self.cases.iter().filter_map(|judged| judged.ignored.as_deref()) {
            *reasons.entry(reason).or_default() += 1;
        }
        for (reason, count) in &reasons {
            writeln!(f, "ignored {}: {reason}", counted(*count, "case"))?;
        }
        if reasons.is_empty() { Ok(()) } else { writeln!(f) }
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
        )
    }
}

fn row(case: &str, explained: &Explained) -> [String; 5] {
    let difference = &explained.difference;
    let place = match difference.line {
        Some(line) => format!("{} line {line}", difference.place),
        None => difference.place.to_string(),
    };
    let rule = explained.rule.clone().unwrap_or_else(|| "no rule".to_string());
    [case.to_string(), place, short(difference.old.as_deref()), short(difference.new.as_deref()), rule]
}

fn short(value: Option<&str>) -> String {
    let value = worded(value);
    match value.char_indices().nth(MOST_CHARS) {
        Some((at, _)) => format!("{}..", &value[..at]),
        None => value.to_string(),
    }
}

/// What there is, or that there is nothing to see.
fn worded(value: Option<&str>) -> &str {
    match value {
        None => "(nothing)",
        Some("") => "(empty)",
        Some(value) => value,
    }
}

fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
