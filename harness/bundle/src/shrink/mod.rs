//! A bundle -> a smaller one that fails in the same way.
//!
//! The guest's functions are put back one by one: at first each traps, a replay tells which one was missed, and that one
//! is kept from then on; what never runs is never put back. Then those that run are made to do nothing, many at a time and
//! fewer and fewer, as long as the run ends in the same way, at the same place, and what made the trial fail is still there. What its host is asked
//! for may become less, unless that is what made the trial fail, or nothing did.
//! What is left of them, and of static data, is made less in the same manner.

mod body;
mod component;
mod data;
mod inputs;
mod instructions;
mod module;
mod reduce;

use std::time::{Duration, Instant};

use polyfill_build::case::CaseLimits;
use polyfill_runner::{Engine, Observation, Outcome};
use thiserror::Error;

use crate::format::Bundle;
use crate::replay::{Outcomes, ReplayError, With, is_same_outcome, replay};
use crate::verdict::{self, Kept};
use component::Place;
use reduce::{Facts, Fate, Names, facts, reduce};

pub use component::NoMain;
pub use inputs::shrink_case;
pub use reduce::ReduceError;

/// Why a bundle has not become smaller.
#[derive(Debug, Error)]
pub enum ShrinkError {
    /// It cannot be played.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// There is no main in it.
    #[error(transparent)]
    NoMain(#[from] NoMain),
    /// Main cannot be rewritten.
    #[error(transparent)]
    Reduce(#[from] ReduceError),
    /// As it is, it does not do what was recorded.
    #[error(
        "the recorded run does not happen again as it was, so that nothing can be left out of it (`polyfill replay`)"
    )]
    NotTheSame,
    /// There was not enough time.
    #[error("after {} s of {functions} functions {kept} are known to run, and not all do yet", .after.as_secs())]
    Time {
        /// The time that there was.
        after: Duration,
        /// All of them.
        functions: usize,
        /// Those that are known to run.
        kept: usize,
    },
}

/// What a smaller bundle has to keep, and how long it may take to find one.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    /// The end of the run is always kept (its outcome, and the functions on the way there), and what made the trial fail. With
    /// this, all calls across the component boundary are, too.
    pub calls: bool,
    /// What has been found by then is it.
    pub most: Duration,
    /// Limits of each replay, see [`With::limits`].
    pub limits: CaseLimits,
}

/// What was left out.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The smaller one.
    pub bundle: Bundle,
    /// Main's functions: all of them, those that run, those that are left.
    pub functions: [usize; 3],
    /// Bytes of their code, before and after.
    pub code: [usize; 2],
    /// Bytes of main, with all that is in it.
    pub main: [usize; 2],
    /// Calls across the component boundary.
    pub calls: [usize; 2],
    /// Replays that it took.
    pub runs: usize,
    /// What is the same in the smaller one, in a line.
    pub kept: String,
}

/// Leaves out of main what the recorded run does not need; `progress` is told what is being done, and how far it is.
pub fn shrink(
    bundle: &Bundle,
    engine: &Engine,
    goal: Goal,
    progress: impl FnMut(&str, usize),
) -> Result<Shrunk, ShrinkError> {
    let place = Place::of(bundle)?;
    let main = place.main(bundle);
    let facts = facts(main)?;
    let mut work = Work {
        bundle,
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
    let seen = work.play(bundle, With::default())?;
    if !seen.same {
        return Err(ShrinkError::NotTheSame);
    }
    work.keep(Kept::of(bundle, seen.sight, &seen.observation));
    // A guest of which something is missing may run for ever.
    work.patience = before.elapsed().saturating_mul(MORE_TIME).max(PATIENCE);
    let mut fates = vec![Fate::Traps; facts.bodies.len()];
    work.put_back(&mut fates)?;
    let left = |fates: &[Fate]| fates.iter().filter(|fate| **fate == Fate::Kept).count();
    let ran = left(&fates);
    let whole = work.with(&fates, Names::Own)?;
    let outcomes = work.play(&whole, With::default())?;
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
        calls: [bundle.trace.imports().count(), smaller.trace.imports().count()],
        bundle: smaller,
        runs: work.runs,
        kept: work.kept.to_string(),
    })
}

/// The processor time that a replay may take at least: a machine that is busy is not to change what is found.
const PATIENCE: Duration = Duration::from_millis(1250);
/// How many times as long a replay may take as the first one.
const MORE_TIME: u32 = 5;

struct Work<'a, P> {
    bundle: &'a Bundle,
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
    /// From now on, this is what a smaller run has to show.
    fn keep(&mut self, mut kept: Kept) {
        if self.goal.calls {
            kept.calls.get_or_insert("as asked for".into());
        }
        self.goal.calls |= kept.calls.is_some();
        self.kept = kept;
    }

    /// A guest that does nothing may fail in the same way, if what is wrong is that something did not happen. Then all calls are
    /// kept, or nothing of the run would be left.
    fn demand_more(&mut self, fates: &[Fate], outcome: &Outcome) -> Result<(), ShrinkError> {
        let empty = |(index, fate): (usize, &Fate)| match fate {
            Fate::Kept if self.facts.can_be_empty(index) => Fate::Empty,
            fate => *fate,
        };
        let hollow: Vec<Fate> = fates.iter().enumerate().map(empty).collect();
        let hollow = reduce(self.place.main(self.bundle), self.facts, &hollow, Names::Own)?;
        if !self.goal.calls && self.ends_so(&hollow, outcome) {
            let why = Some("a guest that does nothing fails in the same way".into());
            self.keep(Kept { calls: why, ..self.kept.clone() });
        }
        Ok(())
    }

    fn with(&self, fates: &[Fate], names: Names) -> Result<Bundle, ReduceError> {
        Ok(self.place.with(self.bundle, &reduce(self.place.main(self.bundle), self.facts, fates, names)?))
    }

    fn play(&mut self, bundle: &Bundle, with: With<'_>) -> Result<Outcomes, ReplayError> {
        self.runs += 1;
        let limits = self.goal.limits;
        replay(bundle, self.engine, With { most: Some(self.patience), limits, ..with })
    }

    /// Keeps all that run.
    fn put_back(&mut self, fates: &mut [Fate]) -> Result<(), ShrinkError> {
        let mut kept = 0;
        loop {
            let tried = self.play(&self.with(fates, Names::Numbers)?, With::default())?;
            let Some(index) = missed(&tried.observation.outcome, self.facts, fates) else { return Ok(()) };
            fates[index] = Fate::Kept;
            kept += 1;
            (self.progress)("functions that run", kept);
            if self.is_over() {
                return Err(ShrinkError::Time { after: self.goal.most, functions: fates.len(), kept });
            }
        }
    }

    /// Makes those do nothing that the outcome does not need, the later ones first: they are farther from it.
    fn empty(&mut self, fates: &mut [Fate], recorded: &Observation) -> Result<(), ShrinkError> {
        let mut left: Vec<usize> = (0..fates.len()).filter(|index| fates[*index] == Fate::Kept).collect();
        left.retain(|index| self.facts.can_be_empty(*index));
        let mut size = left.len().div_ceil(2);
        while size > 0 && !self.is_over() {
            let mut found = false;
            for chunk in left.clone().chunks(size) {
                chunk.iter().for_each(|index| fates[*index] = Fate::Empty);
                let tried = reduce(self.place.main(self.bundle), self.facts, fates, Names::Own)?;
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
            // One by one until none can go: each may have been needed by another one only.
            size = if size > 1 { size / 2 } else { usize::from(found) };
        }
        Ok(())
    }

    /// Whether the run still ends so with another main. What no engine takes does not.
    fn ends_so(&mut self, main: &[u8], outcome: &Outcome) -> bool {
        let tolerant = !self.goal.calls;
        let tried = self.play(&self.place.with(self.bundle, main), With { tolerant, ..With::default() });
        tried.is_ok_and(|tried| {
            let is_there = !tried.is_lost && self.kept.is_in(&tried.failed_now, &tried.observation);
            (if tolerant { is_there } else { tried.same }) && is_same_place(outcome, &tried.observation.outcome)
        })
    }

    fn is_over(&self) -> bool {
        self.start.elapsed() > self.goal.most
    }

    /// The smaller bundle, with what its run asks its host for as the recorded run.
    fn rewritten(&mut self, main: &[u8]) -> Result<Bundle, ShrinkError> {
        let mut smaller = self.place.with(self.bundle, main);
        let seen = self.play(&smaller, With { tolerant: true, ..With::default() })?;
        let observation = seen.observation;
        let trace = observation.trace.unwrap_or_default();
        if seen.sight.has_output() {
            (smaller.about.stdout, smaller.about.stderr) = (observation.stdout, observation.stderr);
        } else if !trace.imports().eq(self.bundle.trace.imports()) {
            // Other calls, and it is not known what they write.
            (smaller.about.stdout, smaller.about.stderr) = Default::default();
        }
        smaller.about.outcome = observation.outcome;
        smaller.about.returned = observation.returned;
        smaller.trace = trace;
        verdict::renew(&mut smaller.about);
        match self.play(&smaller, With::default())?.same {
            true => Ok(smaller),
            false => Err(ShrinkError::NotTheSame),
        }
    }
}

/// The function that ended the run because it was not there.
fn missed(outcome: &Outcome, facts: &Facts, fates: &[Fate]) -> Option<usize> {
    let name = &outcome.frames().first()?.function;
    let index = name.strip_prefix(reduce::NUMBERED)?.parse::<usize>().ok()?.checked_sub(facts.imported as usize)?;
    fates.get(index).filter(|fate| **fate == Fate::Traps).map(|_| index)
}

/// The same end, and the same functions on the way there.
fn is_same_place(a: &Outcome, b: &Outcome) -> bool {
    let functions = |outcome: &Outcome| outcome.frames().iter().map(|frame| frame.function.clone()).collect::<Vec<_>>();
    is_same_outcome(a, b) && functions(a) == functions(b)
}
