//! An index and two sides -> what was seen of each case on both.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use polyfill_build::index::{Artifact, Cell, Index, Stage};
use polyfill_build::side::Side;

use super::differences::{Difference, differences};
use crate::observation::{Observation, Outcome};
use crate::suite::{CellResult, Error, Runner, Verdict};

/// Every case of an index that has both sides, run on both.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The sides.
    pub sides: [Side; 2],
    /// The cases, sorted by name.
    pub cases: Vec<CaseSeen>,
}

/// What was seen of a case.
#[derive(Clone, Debug)]
pub struct CaseSeen {
    /// `guest::case`.
    pub case: String,
    /// What became of it.
    pub ran: Ran,
}

/// What became of a case.
#[derive(Clone, Debug)]
pub enum Ran {
    /// It ran on both sides, and this is all that differs.
    Both(Vec<Difference>),
    /// There was nothing to run on one of them. Why.
    Ignored(String),
    /// It could not be run on one of them. Which, and why.
    Not(String),
}

impl Compared {
    /// Runs all pairs, on as many threads as there are cores.
    pub fn run(runner: &Runner, sides: [Side; 2]) -> Result<Compared, Error> {
        let index = runner.index()?;
        let pairs = pairs(&index, &sides);
        let wanted: BTreeSet<String> = pairs.values().flatten().map(|cell| cell.name()).collect();
        let results = runner.run_cells(|cell| wanted.contains(&cell.name()), 0, |_| {})?;
        let results: BTreeMap<String, CellResult> =
            results.into_iter().map(|result| (result.name.clone(), result)).collect();
        let mut cases: Vec<CaseSeen> = pairs
            .into_iter()
            .map(|(case, pair)| {
                let seen = pair.map(|cell| results.get(&cell.name()));
                let ran = match seen {
                    [Some(old), Some(new)] => ran(&sides, [old, new]),
                    _ => Ran::Not("it was not run".to_string()),
                };
                CaseSeen { case, ran }
            })
            .collect();
        cases.extend(unreadable(&index));
        cases.sort_by(|a, b| a.case.cmp(&b.case));
        Ok(Compared { sides, cases })
    }
}

/// The two cells of each case that has both.
fn pairs<'a>(index: &'a Index, sides: &[Side; 2]) -> BTreeMap<String, [&'a Cell; 2]> {
    let of = |side: &Side| -> BTreeMap<String, &'a Cell> {
        let cells = index.cells.iter().filter(|cell| side.is_side_of(cell));
        cells.map(|cell| (cell.case_key(), cell)).collect()
    };
    let [old, new] = [&sides[0], &sides[1]].map(of);
    let encoded = |cell: &&Cell| {
        let entry = index.cases.get(&cell.case_key());
        entry.is_none_or(|entry| entry.case.at(&cell.adapter, &cell.host).expect.error.is_none())
    };
    old.into_iter()
        .filter_map(|(case, old)| Some((case.clone(), [old, new.get(&case)?])))
        .filter(|(_, pair)| pair.iter().all(encoded))
        .collect()
}

/// Cases that cannot be read tell no hosts, and might have both sides.
fn unreadable(index: &Index) -> Vec<CaseSeen> {
    let mut found = BTreeMap::new();
    for cell in &index.cells {
        if let Artifact::Failed { stage: Stage::Case, message } = &cell.artifact {
            found.insert(cell.case_key(), message.clone());
        }
    }
    found.into_iter().map(|(case, why)| CaseSeen { case, ran: Ran::Not(why) }).collect()
}

fn ran(sides: &[Side; 2], results: [&CellResult; 2]) -> Ran {
    for (side, result) in sides.iter().zip(results) {
        match (&result.verdict, &result.observation) {
            (Verdict::Ignored { reason }, _) => return Ran::Ignored(reason.clone()),
            (_, Some(Observation { outcome, .. })) if did_not_run(outcome) => {
                return Ran::Not(format!("{side}: {outcome}"));
            }
            (_, None) => return Ran::Not(format!("{side}: nothing was observed")),
            (_, Some(_)) => {}
        }
    }
    match results.map(|result| result.observation.as_ref()) {
        [Some(old), Some(new)] => Ran::Both(differences(old, new, clock())),
        _ => Ran::Not("nothing was observed".to_string()),
    }
}

/// Whether the outcome is nothing of the guest's.
fn did_not_run(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::NotRun(_) | Outcome::NotBuilt { .. } | Outcome::HostFailed(_))
}

/// What the system's clock says, in seconds since 1970.
fn clock() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}
