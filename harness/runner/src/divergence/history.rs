//! Text report of a bisection: counts by release, then the changes of each release.

use std::fmt;

use super::bisect::{Bisection, Change, History, Turn};
use super::report::{short, worded};
use super::table::{self, counted};

/// Maximum number of reported differences per change.
const MOST: usize = 4;

impl Bisection {
    /// Returns all changes with their cases.
    pub fn changes(&self) -> impl Iterator<Item = (&History, &Change)> {
        self.cases.iter().flat_map(|history| history.changes.iter().map(move |change| (history, change)))
    }

    fn count(&self, side: Option<&str>, turn: Turn) -> usize {
        let is_counted = |change: &Change| side.is_none_or(|side| change.side == side) && change.turn == turn;
        self.changes().filter(|(_, change)| is_counted(change)).count()
    }

    fn summary(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let changing: Vec<&History> = self.cases.iter().filter(|history| !history.changes.is_empty()).collect();
        let [fixed, broken, other] = [Turn::Fixed, Turn::Broken, Turn::Other].map(|turn| self.count(None, turn));
        writeln!(
            f,
            "{} in {}; {} changed, {} of them reverted; {} ignored",
            counted(self.cases.len(), "case"),
            counted(self.sides.len(), "release"),
            changing.len(),
            changing.iter().filter(|history| history.undone).count(),
            self.ignored.len(),
        )?;
        writeln!(f, "{}: {fixed} fixed, {broken} broken, {other} other\n", counted(fixed + broken + other, "change"))
    }

    fn counts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = vec![["release", "fixed", "broken", "other"].map(str::to_string)];
        for side in &self.sides[1..] {
            let [fixed, broken, other] =
                [Turn::Fixed, Turn::Broken, Turn::Other].map(|turn| self.count(Some(side), turn));
            if fixed + broken + other > 0 {
                rows.push([side.clone(), fixed.to_string(), broken.to_string(), other.to_string()]);
            }
        }
        if rows.len() == 1 { writeln!(f, "no changes") } else { table::write(f, &rows) }
    }
}

impl fmt::Display for Bisection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, .., last] = &self.sides[..] else { return writeln!(f, "one release: nothing to compare") };
        writeln!(f, "{} from {first} to {last}\n", self.of)?;
        self.summary(f)?;
        self.counts(f)?;
        for pair in self.sides.windows(2) {
            let mut changes: Vec<(&History, &Change)> =
                self.changes().filter(|(_, change)| change.side == pair[1]).collect();
            if changes.is_empty() {
                continue;
            }
            changes.sort_by_key(|(history, change)| (change.turn, &history.case));
            writeln!(f, "\n{}, after {}", pair[1], pair[0])?;
            changes.into_iter().try_for_each(|(history, change)| one(f, history, change))?;
        }
        for (case, why) in &self.ignored {
            writeln!(f, "\nignored: {case}\n  {}", why.trim_end().replace('\n', "\n  "))?;
        }
        Ok(())
    }
}

fn one(f: &mut fmt::Formatter<'_>, history: &History, change: &Change) -> fmt::Result {
    let word = match change.turn {
        Turn::Fixed => "fixed",
        Turn::Broken => "broken",
        Turn::Other => "other",
    };
    writeln!(f, "  {word:6}  {}", history.case)?;
    for difference in change.differences.iter().take(MOST) {
        let line = difference.line.map(|line| format!(" line {line}")).unwrap_or_default();
        let [baseline, candidate] =
            [&difference.baseline, &difference.candidate].map(|value| short(worded(value.as_deref())));
        writeln!(f, "          {}{line}: {baseline} -> {candidate}", difference.place)?;
    }
    match change.differences.len() {
        0 => writeln!(f, "          imports or calls"),
        count if count > MOST => writeln!(f, "          and {} more", count - MOST),
        _ => Ok(()),
    }
}
