//! Shrinking: reduces a recording to a smaller one that fails in the same way.
//!
//! First, all functions are replaced by traps. Each replay identifies the first missing function, which is then
//! restored; functions that never run are not restored. Then groups of the remaining functions, of decreasing size,
//! are emptied while the run has the same outcome at the same place and all failures persist. The calls of the host
//! may become fewer, unless the failure depends on them, or the trial did not fail. Finally, instructions and static
//! data are reduced in the same manner.

mod body;
mod component;
mod data;
mod inputs;
mod instructions;
mod module;
mod reduce;

use std::time::{Duration, Instant};

use polyfill_builder::case::CaseLimits;
use polyfill_runner::{Engine, Observation, Outcome};
use thiserror::Error;

use crate::format::Recording;
use crate::replay::{Outcomes, ReplayError, ReplayOptions, is_same_outcome, replay};
use crate::verdict::{self, Kept};
use component::Place;
use reduce::{Facts, Fate, Names, facts, reduce};

pub use component::NoMain;
pub use inputs::shrink_case;
pub use reduce::ReduceError;

/// Error in shrinking a recording.
#[derive(Debug, Error)]
pub enum ShrinkError {
    /// The recording cannot be replayed.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The recording has no core module of the guest.
    #[error(transparent)]
    NoMain(#[from] NoMain),
    /// The core module of the guest cannot be rewritten.
    #[error(transparent)]
    Reduce(#[from] ReduceError),
    /// The replay of the unmodified recording differs from the recorded run.
    #[error(
        "cannot shrink: the replay differs from the recorded run\n  help: run `polyfill replay` to see the difference"
    )]
    NotTheSame,
    /// The time limit was reached before all needed functions were known.
    #[error("time limit of {} s exceeded: {kept} of {functions} functions are known to run so far\n  help: raise `--seconds`", .after.as_secs())]
    Time {
        /// Time limit.
        after: Duration,
        /// Number of functions.
        functions: usize,
        /// Number of functions known to run.
        kept: usize,
    },
}

/// Properties to preserve, and limits.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    /// Preserve all calls across the component boundary. The end of the run (the outcome, and the functions on the
    /// call stack) and the failures are always preserved.
    pub calls: bool,
    /// Time limit. Shrinking then ends with the smallest result so far.
    pub most: Duration,
    /// Limits of each replay, see [`ReplayOptions::limits`].
    pub limits: CaseLimits,
}

/// Result of shrinking.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The smaller recording.
    pub recording: Recording,
    /// Number of functions of main: all, those that run, and those that are left.
    pub functions: [usize; 3],
    /// Size in bytes of their code, before and after.
    pub code: [usize; 2],
    /// Size in bytes of main, before and after.
    pub main: [usize; 2],
    /// Number of calls across the component boundary, before and after.
    pub calls: [usize; 2],
    /// Number of replays.
    pub runs: usize,
    /// Preserved properties, on one line.
    pub kept: String,
}

/// Shrinks the core module of the guest to the parts that the recorded run needs. Calls `progress` with the current
/// step and the remaining size.
///
/// # Errors
///
/// [`ShrinkError`] if the recording cannot be replayed identically, if main cannot be located or rewritten, or if the
/// time limit is too short.
pub fn shrink(
    recording: &Recording,
    engine: &Engine,
    goal: Goal,
    progress: impl FnMut(&str, usize),
) -> Result<Shrunk, ShrinkError> {
    let place = Place::of(recording)?;
    let main = place.main(recording);
    let facts = facts(main)?;
    let mut work = Work {
        recording,
        engine,
        place: &place,
        facts: &facts,
        runs: 0,
        start: Instant::now(),
        goal,
        patience: goal.most,
        kept: Kept::default(),
        progress,
    };
    let before = Instant::now();
    let outcomes = work.play(recording, ReplayOptions::default())?;
    if !outcomes.same {
        return Err(ShrinkError::NotTheSame);
    }
    work.keep(Kept::of(recording, outcomes.sight, &outcomes.observation));
    // A guest with missing parts can run forever.
    work.patience = before.elapsed().saturating_mul(MORE_TIME).max(PATIENCE);
    let mut fates = vec![Fate::Traps; facts.bodies.len()];
    work.put_back(&mut fates)?;
    let left = |fates: &[Fate]| fates.iter().filter(|fate| **fate == Fate::Kept).count();
    let ran = left(&fates);
    let whole = work.with(&fates, Names::Own)?;
    let outcomes = work.play(&whole, ReplayOptions::default())?;
    if !outcomes.same {
        return Err(ShrinkError::NotTheSame);
    }
    work.demand_more(&fates, &outcomes.observation.outcome)?;
    work.empty(&mut fates, &outcomes.observation)?;
    let outcome = &outcomes.observation.outcome;
    let reduced = reduce(main, &facts, &fates, Names::Own)?;
    let reduced = work.clear(&reduced, outcome)?;
    let reduced = work.cut(reduced, outcome)?;
    let smaller = work.rewritten(&reduced)?;
    Ok(Shrunk {
        functions: [fates.len(), ran, left(&fates)],
        code: [facts.bodies.iter().sum(), reduce::facts(&reduced)?.bodies.iter().sum()],
        main: [main.len(), reduced.len()],
        calls: [recording.trace.imports().count(), smaller.trace.imports().count()],
        recording: smaller,
        runs: work.runs,
        kept: work.kept.to_string(),
    })
}

/// Minimum processor time of a replay. Results must not depend on the load of the machine.
const PATIENCE: Duration = Duration::from_millis(1250);
/// Maximum processor time of a replay, as a multiple of the first one.
const MORE_TIME: u32 = 5;

struct Work<'a, P> {
    recording: &'a Recording,
    engine: &'a Engine,
    place: &'a Place,
    facts: &'a Facts,
    runs: usize,
    start: Instant,
    goal: Goal,
    patience: Duration,
    kept: Kept,
    progress: P,
}

impl<P: FnMut(&str, usize)> Work<'_, P> {
    /// Uses this run as the reference for smaller runs.
    fn keep(&mut self, mut kept: Kept) {
        if self.goal.calls {
            kept.calls.get_or_insert("requested by `--calls`".into());
        }
        self.goal.calls |= kept.calls.is_some();
        self.kept = kept;
    }

    /// Preserves all calls if an empty guest fails in the same way, as it can if the failure is a missing effect.
    /// Without this, shrinking would drop every call.
    fn demand_more(&mut self, fates: &[Fate], outcome: &Outcome) -> Result<(), ShrinkError> {
        let empty = |(index, fate): (usize, &Fate)| match fate {
            Fate::Kept if self.facts.can_be_empty(index) => Fate::Empty,
            fate => *fate,
        };
        let hollow: Vec<Fate> = fates.iter().enumerate().map(empty).collect();
        let hollow = reduce(self.place.main(self.recording), self.facts, &hollow, Names::Own)?;
        if !self.goal.calls && self.ends_so(&hollow, outcome) {
            let why = Some("an empty guest fails in the same way".into());
            self.keep(Kept { calls: why, ..self.kept.clone() });
        }
        Ok(())
    }

    fn with(&self, fates: &[Fate], names: Names) -> Result<Recording, ReduceError> {
        Ok(self.place.with(self.recording, &reduce(self.place.main(self.recording), self.facts, fates, names)?))
    }

    fn play(&mut self, recording: &Recording, with: ReplayOptions<'_>) -> Result<Outcomes, ReplayError> {
        self.runs += 1;
        let limits = self.goal.limits;
        replay(recording, self.engine, ReplayOptions { most: Some(self.patience), limits, ..with })
    }

    /// Restores all functions that run.
    fn put_back(&mut self, fates: &mut [Fate]) -> Result<(), ShrinkError> {
        let mut kept = 0;
        loop {
            let tried = self.play(&self.with(fates, Names::Numbers)?, ReplayOptions::default())?;
            let Some(index) = missed(&tried.observation.outcome, self.facts, fates) else { return Ok(()) };
            fates[index] = Fate::Kept;
            kept += 1;
            (self.progress)("functions that run", kept);
            if self.is_over() {
                return Err(ShrinkError::Time { after: self.goal.most, functions: fates.len(), kept });
            }
        }
    }

    /// Empties functions that the outcome does not need. Later ones first: they are farther from the end of the run.
    fn empty(&mut self, fates: &mut [Fate], recorded: &Observation) -> Result<(), ShrinkError> {
        let mut left: Vec<usize> = (0..fates.len()).filter(|index| fates[*index] == Fate::Kept).collect();
        left.retain(|index| self.facts.can_be_empty(*index));
        let mut size = left.len().div_ceil(2);
        while size > 0 && !self.is_over() {
            let mut found = false;
            for chunk in left.clone().chunks(size) {
                chunk.iter().for_each(|index| fates[*index] = Fate::Empty);
                let tried = reduce(self.place.main(self.recording), self.facts, fates, Names::Own)?;
                if self.ends_so(&tried, &recorded.outcome) {
                    left.retain(|index| chunk.binary_search(index).is_err());
                    found = true;
                    (self.progress)("functions that are needed", left.len());
                } else {
                    chunk.iter().for_each(|index| fates[*index] = Fate::Kept);
                }
                if self.is_over() {
                    return Ok(());
                }
            }
            // One by one until no removal succeeds: a function may be needed only by another one.
            size = if size > 1 { size / 2 } else { usize::from(found) };
        }
        Ok(())
    }

    /// Returns true if the run with another main has the same end. A main that the engine rejects has not.
    fn ends_so(&mut self, main: &[u8], outcome: &Outcome) -> bool {
        let tolerant = !self.goal.calls;
        let tried =
            self.play(&self.place.with(self.recording, main), ReplayOptions { tolerant, ..ReplayOptions::default() });
        tried.is_ok_and(|tried| {
            let is_there = !tried.is_lost && self.kept.is_in(&tried.failed_now, &tried.observation);
            (if tolerant { is_there } else { tried.same }) && is_same_place(outcome, &tried.observation.outcome)
        })
    }

    fn is_over(&self) -> bool {
        self.start.elapsed() > self.goal.most
    }

    /// Returns the smaller recording, with the host calls of its run.
    fn rewritten(&mut self, main: &[u8]) -> Result<Recording, ShrinkError> {
        let mut smaller = self.place.with(self.recording, main);
        let outcomes = self.play(&smaller, ReplayOptions { tolerant: true, ..ReplayOptions::default() })?;
        let observation = outcomes.observation;
        let trace = observation.trace.unwrap_or_default();
        if outcomes.sight.has_output() {
            (smaller.about.stdout, smaller.about.stderr) = (observation.stdout, observation.stderr);
        } else if !trace.imports().eq(self.recording.trace.imports()) {
            // The calls differ, and their output is unknown.
            (smaller.about.stdout, smaller.about.stderr) = Default::default();
        }
        smaller.about.outcome = observation.outcome;
        smaller.about.returned = observation.returned;
        smaller.trace = trace;
        verdict::renew(&mut smaller.about);
        if self.play(&smaller, ReplayOptions::default())?.same { Ok(smaller) } else { Err(ShrinkError::NotTheSame) }
    }
}

/// Returns the missing function that ended the run.
fn missed(outcome: &Outcome, facts: &Facts, fates: &[Fate]) -> Option<usize> {
    let name = &outcome.frames().first()?.function;
    let index = name.strip_prefix(reduce::NUMBERED)?.parse::<usize>().ok()?.checked_sub(facts.imported as usize)?;
    fates.get(index).filter(|fate| **fate == Fate::Traps).map(|_| index)
}

/// Returns true if both runs have the same outcome and the same functions on the call stack.
fn is_same_place(a: &Outcome, b: &Outcome) -> bool {
    let functions = |outcome: &Outcome| outcome.frames().iter().map(|frame| frame.function.clone()).collect::<Vec<_>>();
    is_same_outcome(a, b) && functions(a) == functions(b)
}
