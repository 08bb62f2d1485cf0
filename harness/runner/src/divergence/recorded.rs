//! Observations of all cases on all sides. Each trial runs once, and can be compared repeatedly.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use polyfill_builder::index::{Artifact, Index, Stage, Trial};
use polyfill_builder::side::Side;

use super::calls::Listing;
use super::differences::{Difference, Place, differences};
use super::figures::Figures;
use super::pairs::{CaseComparison, Compared, Ran};
use crate::observation::{Observation, Outcome};
use crate::suite::{Error, Runner, TrialResult, Verdict};

/// Observations of every case of an index that has all of the sides.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Sides.
    pub sides: Vec<Side>,
    /// Observations by `guest::case`, in the order of the sides.
    pub(super) cases: BTreeMap<String, Vec<Shown>>,
    /// Unreadable cases, which might have all sides, with error messages.
    pub(super) unreadable: BTreeMap<String, String>,
    /// Time of the runs in seconds since 1970.
    clock: i64,
}

/// Observation of a trial.
#[derive(Clone, Debug)]
pub(super) enum Shown {
    Ran {
        observation: Box<Observation>,
        /// Set if the case's expectations are met.
        holds: bool,
    },
    /// Ignored, with the reason.
    Ignored(String),
    /// Failed to run, with the reason.
    Not(String),
}

impl Recorded {
    /// Runs all trials, on as many threads as there are cores.
    ///
    /// # Errors
    ///
    /// Returns an error if the index cannot be read or the trials cannot be run.
    pub fn run(runner: &Runner, sides: Vec<Side>) -> Result<Recorded, Error> {
        let index = runner.index()?;
        let trials = trials(&index, &sides);
        let wanted: BTreeSet<String> = trials.values().flatten().map(|trial| trial.name()).collect();
        let results = runner.run_trials(|trial| wanted.contains(&trial.name()), 0, |_| {})?;
        runner.finish_hosts()?;
        let mut results: BTreeMap<String, TrialResult> =
            results.into_iter().map(|result| (result.name.clone(), result)).collect();
        let cases = trials.into_iter().map(|(case, trials)| {
            // Several sides may share one trial.
            let shown: BTreeMap<String, Shown> = trials
                .iter()
                .filter_map(|trial| Some((trial.name(), Shown::of(results.remove(&trial.name())?))))
                .collect();
            let missing = || Shown::Not("not run".to_string());
            (case, trials.iter().map(|trial| shown.get(&trial.name()).cloned().unwrap_or_else(missing)).collect())
        });
        let cases = cases.collect();
        Ok(Recorded { sides, cases, unreadable: unreadable(&index), clock: clock() })
    }

    /// Runs all trials as [`Recorded::run`] does, and adds the calls across the core boundary from a second run of each
    /// trial with an interposer. Not every guest works with an interposer, so nothing else of the second run is used.
    /// The index must contain the interposed sides.
    ///
    /// # Errors
    ///
    /// Returns an error if the index cannot be read or the trials cannot be run.
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

    /// Compares two of the sides, by index.
    pub fn pair(&self, baseline: usize, candidate: usize) -> Compared {
        let sides = [self.sides[baseline].clone(), self.sides[candidate].clone()];
        let mut cases: Vec<CaseComparison> = self
            .cases
            .iter()
            .map(|(case, shown)| {
                let ran = self.ran(&sides, [&shown[baseline], &shown[candidate]]);
                let both = shown[baseline].observation().zip(shown[candidate].observation());
                let built = |(baseline, candidate): &(&Observation, &Observation)| {
                    [baseline, candidate].iter().all(|observation| is_built(observation))
                };
                let (figures, calls, host_calls) = match both.filter(built) {
                    Some((baseline, candidate)) => (
                        Some([baseline, candidate].map(Figures::of)),
                        Listing::core(baseline, candidate),
                        Listing::host(baseline, candidate),
                    ),
                    None => (None, None, None),
                };
                CaseComparison { case: case.clone(), ran, figures, calls, host_calls }
            })
            .collect();
        cases.extend(self.unreadable.iter().map(|(case, why)| CaseComparison::of(case, Ran::Not(why.clone()))));
        cases.sort_by(|a, b| a.case.cmp(&b.case));
        Compared { sides, profiles: [None, None], cases }
    }

    /// Returns the differences between two of these observations: only the outcome if a component could not be built.
    pub(super) fn differences(&self, baseline: &Observation, candidate: &Observation) -> Vec<Difference> {
        let mut differences = differences(baseline, candidate, self.clock);
        if !is_built(baseline) || !is_built(candidate) {
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
            [Some(baseline), Some(candidate)] if !is_built(baseline) && !is_built(candidate) => {
                Ran::Not(format!("{}: {}", sides[0], baseline.outcome))
            }
            [Some(baseline), Some(candidate)] => Ran::Both(self.differences(baseline, candidate)),
            _ => Ran::Not("no observation".to_string()),
        }
    }
}

impl Shown {
    fn of(result: TrialResult) -> Shown {
        match (result.verdict, result.observation) {
            (Verdict::Ignored { reason }, _) => Shown::Ignored(reason),
            (_, None) => Shown::Not("no observation".to_string()),
            (_, Some(Observation { outcome, .. })) if did_not_run(&outcome) => Shown::Not(outcome.to_string()),
            (_, Some(observation)) => {
                Shown::Ran { observation: Box::new(observation), holds: result.mismatches.is_empty() }
            }
        }
    }

    /// Takes the core calls of a run that ended in the same way.
    fn take_calls(&mut self, reporting: Shown) {
        if let (Shown::Ran { observation, .. }, Shown::Ran { observation: reported, .. }) = (self, reporting)
            && observation.outcome.to_string() == reported.outcome.to_string()
        {
            observation.core_calls = reported.core_calls;
            observation.core_calls_dropped = reported.core_calls_dropped;
        }
    }

    pub(super) fn observation(&self) -> Option<&Observation> {
        match self {
            Shown::Ran { observation, .. } => Some(observation),
            Shown::Ignored(_) | Shown::Not(_) => None,
        }
    }
}

/// Returns the trials of each case that has all sides, in the order of the sides.
fn trials<'a>(index: &'a Index, sides: &[Side]) -> BTreeMap<String, Vec<&'a Trial>> {
    let of = |side: &Side| -> BTreeMap<String, &'a Trial> {
        let trials = index.trials.iter().filter(|trial| side.is_side_of(trial));
        trials.map(|trial| (trial.case_key(), trial)).collect()
    };
    let by_side: Vec<BTreeMap<String, &Trial>> = sides.iter().map(of).collect();
    let encoded = |trial: &&Trial| {
        let entry = index.cases.get(&trial.case_key());
        entry.is_none_or(|entry| entry.case.at(&trial.adapter, &trial.host).expect.error.is_none())
    };
    let cases = by_side.first().into_iter().flat_map(BTreeMap::keys);
    cases
        .filter_map(|case| {
            let trials: Vec<&Trial> = by_side.iter().map(|trials| trials.get(case).copied()).collect::<Option<_>>()?;
            trials.iter().all(encoded).then(|| (case.clone(), trials))
        })
        .collect()
}

/// Returns the unreadable cases. Their hosts are unknown, so they might have all sides.
fn unreadable(index: &Index) -> BTreeMap<String, String> {
    let broken = index.trials.iter().filter_map(|trial| match &trial.artifact {
        Artifact::Failed { stage: Stage::Case, message } => Some((trial.case_key(), message.clone())),
        _ => None,
    });
    broken.collect()
}

/// Returns true if the outcome comes neither from the guest nor from the adapter. A failure to encode a component does:
/// one adapter may lack a function that another has.
fn did_not_run(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::NotRun(_) | Outcome::HostFailed(_) => true,
        Outcome::NotBuilt { stage, .. } => *stage != Stage::Encode,
        _ => false,
    }
}

fn is_built(observation: &Observation) -> bool {
    !matches!(observation.outcome, Outcome::NotBuilt { .. })
}

/// Returns the system time in seconds since 1970.
fn clock() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}
