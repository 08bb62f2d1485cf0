//! Many sides in a row, mostly releases of an adapter: which is the first that does something new, case by case.
//!
//! All was recorded before; here it is only looked at. Each side is compared with the one before it, and not only the first
//! with the last, so that what came and went is found, too.

use polyfill_build::side::Side;
use serde::Serialize;

use super::differences::{Difference, Place};
use super::lines;
use super::recorded::{Recorded, Shown};

/// What changed from side to side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bisection {
    /// The sides in order, as [`Change`]s call them: by releases, where they differ in nothing else.
    pub sides: Vec<String>,
    /// What all of them are, releases aside.
    pub of: String,
    /// The cases, sorted by name.
    pub cases: Vec<History>,
    /// Cases that could not be looked at, and why.
    pub ignored: Vec<(String, String)>,
}

/// What changed in a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct History {
    /// `guest::case`.
    pub case: String,
    /// In the order of the sides.
    pub changes: Vec<Change>,
    /// The last side does what the first one does: what came has gone.
    pub undone: bool,
}

/// A side that does not do what the one before it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The first side that does it.
    pub side: String,
    /// The last that does not.
    pub before: String,
    /// What that means for the case.
    pub turn: Turn,
    /// What differs. Empty where only what is not compared, as imports, is other than the case expects, or not any more.
    pub differences: Vec<Difference>,
}

/// What a change means for a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Turn {
    /// What it expects is seen from there on.
    Mended,
    /// It is not seen from there on.
    Broken,
    /// Something else.
    Other,
}

impl Recorded {
    /// Looks for changes, in the order of the sides.
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
            let [old, new] = shown else { return None };
            let (differences, turn) = (self.changed(old, new), turn(holds(old), holds(new)));
            let change = Change { side: names[1].clone(), before: names[0].clone(), turn, differences };
            (change.turn != Turn::Other || !change.differences.is_empty()).then_some(change)
        });
        let undone = match shown {
            [first, .., last] => self.changed(first, last).is_empty() && holds(first) == holds(last),
            _ => true,
        };
        History { case: case.to_string(), changes: changes.collect(), undone }
    }

    /// In what two cells differ, but for the numbers of lines in an adapter's source, which are other ones in each release.
    fn changed(&self, old: &Shown, new: &Shown) -> Vec<Difference> {
        let mut differences = match (old.observation(), new.observation()) {
            (Some(old), Some(new)) => self.differences(old, new),
            _ => {
                let [old, new] = [old, new].map(end);
                let outcome = Difference { place: Place::Outcome, line: None, old, new };
                (outcome.old != outcome.new).then_some(outcome).into_iter().collect()
            }
        };
        let text = |value: &Option<String>| value.as_deref().map(without_lines);
        differences.retain(|difference| text(&difference.old) != text(&difference.new));
        differences
    }
}

/// How a cell ended.
fn end(shown: &Shown) -> Option<String> {
    match shown {
        Shown::Ran { observation, .. } => Some(lines::text(observation.outcome.to_string().as_bytes())),
        Shown::Ignored(why) | Shown::Not(why) => Some(lines::text(why.as_bytes())),
    }
}

/// Whether a cell showed what its case expects.
fn holds(shown: &Shown) -> bool {
    matches!(shown, Shown::Ran { holds: true, .. })
}

fn turn(old: bool, new: bool) -> Turn {
    match (old, new) {
        (false, true) => Turn::Mended,
        (true, false) => Turn::Broken,
        _ => Turn::Other,
    }
}

/// What adapters say before a number of a line.
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
    fn numbers_of_lines_are_no_change() {
        let text = |line: &str| without_lines(&format!("assertion failed at adapter line {line}; exit 1"));
        assert_eq!(text("2731"), text("12"));
        assert_eq!(text("1"), "assertion failed at adapter line ; exit 1");
        assert_ne!(without_lines("exit 1"), without_lines("exit 2"));
    }

    #[test]
    fn turns_are_those_of_expectations() {
        assert_eq!([turn(false, true), turn(true, false), turn(true, true)], [Turn::Mended, Turn::Broken, Turn::Other]);
    }

    #[test]
    fn sides_are_called_by_their_releases() {
        let sides = ["reference-command@36.0.0", "reference-command@48.0.8"].map(|side| side.parse::<Side>().unwrap());
        assert_eq!(sides.each_ref().map(name), ["36.0.0", "48.0.8"]);
        assert_eq!(of(&sides), "reference-command@wasi");
    }
}
