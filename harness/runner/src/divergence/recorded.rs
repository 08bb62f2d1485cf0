//! An index and sides -> what was seen of each case on all of them. Each cell is run once, and looked at as often as wanted.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use polyfill_build::index::{Artifact, Cell, Index, Stage};
use polyfill_build::side::Side;

use super::calls::Listing;
use super::differences::{Difference, Place, differences};
use super::figures::Figures;
use super::pairs::{CaseSeen, Compared, Ran};
use crate::observation::{Observation, Outcome};
use crate::suite::{CellResult, Error, Runner, Verdict};

/// Every case of an index that has all of some sides, run on each.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The sides.
    pub sides: Vec<Side>,
    /// By `guest::case`; for each side what was seen, in their order.
    pub(super) cases: BTreeMap<String, Vec<Shown>>,
    /// Cases that cannot be read, and might be some of these. What is wrong.
    pub(super) unreadable: BTreeMap<String, String>,
    /// When it was, in seconds since 1970.
    clock: i64,
}

/// What a cell showed.
#[derive(Clone, Debug)]
pub(super) enum Shown {
    Ran {
        observation: Box<Observation>,
        /// It is what the case expects.
        holds: bool,
    },
    /// There was nothing to run. Why.
    Ignored(String),
    /// It could not be run. Why.
    Not(String),
}

impl Recorded {
    /// Runs all cells, on as many threads as there are cores.
    pub fn run(runner: &Runner, sides: Vec<Side>) -> Result<Recorded, Error> {
        let index = runner.index()?;
        let cells = cells(&index, &sides);
        let wanted: BTreeSet<String> = cells.values().flatten().map(|cell| cell.name()).collect();
        let results = runner.run_cells(|cell| wanted.contains(&cell.name()), 0, |_| {})?;
        runner.finish_hosts()?;
        let mut results: BTreeMap<String, CellResult> =
            results.into_iter().map(|result| (result.name.clone(), result)).collect();
        let cases = cells.into_iter().map(|(case, cells)| {
            // One cell may be several sides.
            let shown: BTreeMap<String, Shown> =
                cells.iter().filter_map(|cell| Some((cell.name(), Shown::of(results.remove(&cell.name())?)))).collect();
            let missing = || Shown::Not("it was not run".to_string());
            (case, cells.iter().map(|cell| shown.get(&cell.name()).cloned().unwrap_or_else(missing)).collect())
        });
        let cases = cases.collect();
        Ok(Recorded { sides, cases, unreadable: unreadable(&index), clock: clock() })
    }

    /// The same with the calls across the core boundary, from a second run of each cell with an interposer: that reports to the
    /// host, which not every guest bears, so nothing else of it is looked at. The index has the interposed sides, too.
    pub fn run_with_calls(runner: &Runner, sides: Vec<Side>, import_module: &str) -> Result<Recorded, Error> {
        let interposed = sides.iter().map(|side| side.interposed(import_module));
        let mut recorded = Recorded::run(runner, sides.iter().cloned().chain(interposed).collect())?;
        for shown in recorded.cases.values_mut() {
            let reporting = shown.split_off(sides.len());
            shown.iter_mut().zip(reporting).for_each(|(shown, reporting)| shown.take_calls(reporting));
        }
        recorded.sides = sides;
        Ok(recorded)
    }

    /// Two of the sides, by their places.
    pub fn pair(&self, old: usize, new: usize) -> Compared {
        let sides = [self.sides[old].clone(), self.sides[new].clone()];
        let mut cases: Vec<CaseSeen> = self
            .cases
            .iter()
            .map(|(case, shown)| {
                let ran = self.ran(&sides, [&shown[old], &shown[new]]);
                let both = shown[old].observation().zip(shown[new].observation());
                let built = |(old, new): &(&Observation, &Observation)| [old, new].iter().all(|seen| is_built(seen));
                let (figures, calls, host_calls) = match both.filter(built) {
                    Some((old, new)) => {
                        (Some([old, new].map(Figures::of)), Listing::core(old, new), Listing::host(old, new))
                    }
                    None => (None, None, None),
                };
                CaseSeen { case: case.clone(), ran, figures, calls, host_calls }
            })
            .collect();
        cases.extend(self.unreadable.iter().map(|(case, why)| CaseSeen::of(case, Ran::Not(why.clone()))));
        cases.sort_by(|a, b| a.case.cmp(&b.case));
        Compared { sides, profiles: [None, None], cases }
    }

    /// In what two observations differ, which were made when these were. Of what could not be made into a component, that is all.
    pub(super) fn differences(&self, old: &Observation, new: &Observation) -> Vec<Difference> {
        let mut differences = differences(old, new, self.clock);
        if !is_built(old) || !is_built(new) {
            differences.retain(|difference| difference.place == Place::Outcome);
        }
        differences
    }

    fn ran(&self, sides: &[Side; 2], shown: [&Shown; 2]) -> Ran {
        for (side, shown) in sides.iter().zip(shown) {
            match shown {
                Shown::Ignored(reason) => return Ran::Ignored(reason.clone()),
                Shown::Not(why) => return Ran::Not(format!("{side}: {why}")),
                Shown::Ran { .. } => {}
            }
        }
        match shown.map(Shown::observation) {
            [Some(old), Some(new)] if !is_built(old) && !is_built(new) => {
                Ran::Not(format!("{}: {}", sides[0], old.outcome))
            }
            [Some(old), Some(new)] => Ran::Both(self.differences(old, new)),
            _ => Ran::Not("nothing was observed".to_string()),
        }
    }
}

impl Shown {
    fn of(result: CellResult) -> Shown {
        match (result.verdict, result.observation) {
            (Verdict::Ignored { reason }, _) => Shown::Ignored(reason),
            (_, None) => Shown::Not("nothing was observed".to_string()),
            (_, Some(Observation { outcome, .. })) if did_not_run(&outcome) => Shown::Not(outcome.to_string()),
            (_, Some(observation)) => {
                Shown::Ran { observation: Box::new(observation), holds: result.mismatches.is_empty() }
            }
        }
    }

    /// Those of a run that ended in the same way.
    fn take_calls(&mut self, reporting: Shown) {
        if let (Shown::Ran { observation: seen, .. }, Shown::Ran { observation: reported, .. }) = (self, reporting)
            && seen.outcome.to_string() == reported.outcome.to_string()
        {
            seen.core_calls = reported.core_calls;
            seen.core_calls_dropped = reported.core_calls_dropped;
        }
    }

    pub(super) fn observation(&self) -> Option<&Observation> {
        match self {
            Shown::Ran { observation, .. } => Some(observation),
            Shown::Ignored(_) | Shown::Not(_) => None,
        }
    }
}

/// The cells of each case that has all sides, in the order of these.
fn cells<'a>(index: &'a Index, sides: &[Side]) -> BTreeMap<String, Vec<&'a Cell>> {
    let of = |side: &Side| -> BTreeMap<String, &'a Cell> {
        let cells = index.cells.iter().filter(|cell| side.is_side_of(cell));
        cells.map(|cell| (cell.case_key(), cell)).collect()
    };
    let by_side: Vec<BTreeMap<String, &Cell>> = sides.iter().map(of).collect();
    let encoded = |cell: &&Cell| {
        let entry = index.cases.get(&cell.case_key());
        entry.is_none_or(|entry| entry.case.at(&cell.adapter, &cell.host).expect.error.is_none())
    };
    let cases = by_side.first().into_iter().flat_map(BTreeMap::keys);
    cases
        .filter_map(|case| {
            let cells: Vec<&Cell> = by_side.iter().map(|cells| cells.get(case).copied()).collect::<Option<_>>()?;
            cells.iter().all(encoded).then(|| (case.clone(), cells))
        })
        .collect()
}

/// Cases that cannot be read tell no hosts, and might have all sides.
fn unreadable(index: &Index) -> BTreeMap<String, String> {
    let broken = index.cells.iter().filter_map(|cell| match &cell.artifact {
        Artifact::Failed { stage: Stage::Case, message } => Some((cell.case_key(), message.clone())),
        _ => None,
    });
    broken.collect()
}

/// Whether the outcome is nothing of the guest's or the adapter's. That no component can be made of the two is: one may lack a
/// function that another has.
fn did_not_run(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::NotRun(_) | Outcome::HostFailed(_) => true,
        Outcome::NotBuilt { stage, .. } => *stage != Stage::Encode,
        _ => false,
    }
}

fn is_built(seen: &Observation) -> bool {
    !matches!(seen.outcome, Outcome::NotBuilt { .. })
}

/// What the system's clock says, in seconds since 1970.
fn clock() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}
