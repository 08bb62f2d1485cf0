//! Comparison of a sequence of sides, usually releases of an adapter: finds the first side with each change, case by
//! case.
//!
//! Works on recorded observations. Each side is compared with its predecessor, so that changes that are reverted later
//! are found as well.

use polyfill_builder::side::Side;
use serde::Serialize;

use super::differences::{Difference, Place};
use super::lines;
use super::recorded::{Recorded, Shown};

/// Changes from side to side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bisection {
    /// Sides in order, named by their releases if they differ in nothing else.
    pub sides: Vec<String>,
    /// Common description of the sides without releases.
    pub of: String,
    /// Cases, sorted by name.
    pub cases: Vec<History>,
    /// Cases that could not be compared, with reasons.
    pub ignored: Vec<(String, String)>,
}

/// Changes of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct History {
    /// Name, as `guest::case`.
    pub case: String,
    /// Changes in the order of the sides.
    pub changes: Vec<Change>,
    /// Set if the last side behaves like the first one.
    pub undone: bool,
}

/// Change of behavior between two consecutive sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// First side with the new behavior.
    pub side: String,
    /// Last side with the old behavior.
    pub before: String,
    /// Effect on the case.
    pub turn: Turn,
    /// Differences. Empty if only an aspect that is not compared, for example imports, starts or stops meeting the
    /// case's expectations.
    pub differences: Vec<Difference>,
}

/// Effect of a change on a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Turn {
    /// The case's expectations are met from this side on.
    Fixed,
    /// The case's expectations are not met from this side on.
    Broken,
    /// Neither.
    Other,
}

impl Recorded {
    /// Finds changes, in the order of the sides.
    pub fn bisect(&self) -> Bisection {
        let names: Vec<String> = self.sides.iter().map(name).collect();
        let mut found = Bisection { of: of(&self.sides), sides: names.clone(), cases: Vec::new(), ignored: Vec::new() };
        for (case, shown) in &self.cases {
            let ignored = shown.iter().find_map(|shown| match shown {
                Shown::Ignored(reason) => Some(reason.clone()),
                Shown::Ran { .. } | Shown::Not(_) => None,
            });
            match ignored {
                Some(reason) => found.ignored.push((case.clone(), reason)),
                None => found.cases.push(self.history(case, shown, &names)),
            }
        }
        found.ignored.extend(self.unreadable.iter().map(|(case, why)| (case.clone(), why.clone())));
        found
    }

    fn history(&self, case: &str, shown: &[Shown], names: &[String]) -> History {
        let steps = shown.windows(2).zip(names.windows(2));
        let changes = steps.filter_map(|(shown, names)| {
            let [baseline, candidate] = shown else { return None };
            let (differences, turn) = (self.changed(baseline, candidate), turn(holds(baseline), holds(candidate)));
            let change = Change { side: names[1].clone(), before: names[0].clone(), turn, differences };
            (change.turn != Turn::Other || !change.differences.is_empty()).then_some(change)
        });
        let undone = match shown {
            [first, .., last] => self.changed(first, last).is_empty() && holds(first) == holds(last),
            _ => true,
        };
        History { case: case.to_string(), changes: changes.collect(), undone }
    }

    /// Returns the differences between two trials, except for line numbers in an adapter's source, which differ by
    /// release.
    fn changed(&self, baseline: &Shown, candidate: &Shown) -> Vec<Difference> {
        let mut differences = match (baseline.observation(), candidate.observation()) {
            (Some(baseline), Some(candidate)) => self.differences(baseline, candidate),
            _ => {
                let [baseline, candidate] = [baseline, candidate].map(end);
                let outcome = Difference { place: Place::Outcome, line: None, baseline, candidate };
                (outcome.baseline != outcome.candidate).then_some(outcome).into_iter().collect()
            }
        };
        let text = |value: &Option<String>| value.as_deref().map(without_lines);
        differences.retain(|difference| text(&difference.baseline) != text(&difference.candidate));
        differences
    }
}

/// Describes the end of a trial.
fn end(shown: &Shown) -> Option<String> {
    match shown {
        Shown::Ran { observation, .. } => Some(lines::text(observation.outcome.to_string().as_bytes())),
        Shown::Ignored(why) | Shown::Not(why) => Some(lines::text(why.as_bytes())),
    }
}

/// Returns true if a trial met the expectations of its case.
fn holds(shown: &Shown) -> bool {
    matches!(shown, Shown::Ran { holds: true, .. })
}

fn turn(baseline: bool, candidate: bool) -> Turn {
    match (baseline, candidate) {
        (false, true) => Turn::Fixed,
        (true, false) => Turn::Broken,
        _ => Turn::Other,
    }
}

/// Text before a line number in adapters' messages.
const LINE: &str = "adapter line ";

fn without_lines(text: &str) -> String {
    let mut parts = text.split(LINE);
    let mut found = parts.next().unwrap_or_default().to_string();
    for part in parts {
        found.push_str(LINE);
        found.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    found
}

fn name(side: &Side) -> String {
    side.release().map_or_else(|| side.to_string(), |release| release.version.to_string())
}

fn of(sides: &[Side]) -> String {
    let Some((first, release)) = sides.first().and_then(|side| Some((side, side.release()?))) else {
        return String::new();
    };
    first.to_string().replace(&format!("@{}", release.version), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_numbers_are_ignored() {
        let text = |line: &str| without_lines(&format!("assertion failed at adapter line {line}; exit 1"));
        assert_eq!(text("2731"), text("12"));
        assert_eq!(text("1"), "assertion failed at adapter line ; exit 1");
        assert_ne!(without_lines("exit 1"), without_lines("exit 2"));
    }

    #[test]
    fn changes_fix_or_break_by_the_expectations_of_the_case() {
        assert_eq!([turn(false, true), turn(true, false), turn(true, true)], [Turn::Fixed, Turn::Broken, Turn::Other]);
    }

    #[test]
    fn sides_are_named_by_release() {
        let sides = ["reference-command@36.0.0", "reference-command@48.0.8"].map(|side| side.parse::<Side>().unwrap());
        assert_eq!(sides.each_ref().map(name), ["36.0.0", "48.0.8"]);
        assert_eq!(of(&sides), "reference-command@wasi");
    }
}
