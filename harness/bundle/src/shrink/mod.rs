//! A bundle -> a smaller one that fails in the same way.
//!
//! The guest's functions are put back one by one: at first each traps, a replay tells which one was missed, and that one
//! is kept from then on. What never runs is never put back.

mod component;
mod reduce;

use std::time::{Duration, Instant};

use polyfill_runner::{Engine, Outcome};
use thiserror::Error;

use crate::format::Bundle;
use crate::replay::{ReplayError, With, replay};
use component::Place;
use reduce::{Facts, Names, facts, reduce};

pub use component::NoMain;
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

/// What was left out.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The smaller one.
    pub bundle: Bundle,
    /// Main's functions, before and after.
    pub functions: [usize; 2],
    /// Bytes of their code.
    pub code: [usize; 2],
    /// Bytes of the component.
    pub bytes: [usize; 2],
    /// Replays that it took.
    pub runs: usize,
}

/// Leaves out of main what the recorded run does not need; `progress` is told of functions that are known to run.
pub fn shrink(
    bundle: &Bundle,
    engine: &Engine,
    most: Duration,
    mut progress: impl FnMut(usize),
) -> Result<Shrunk, ShrinkError> {
    let start = Instant::now();
    let place = Place::of(bundle)?;
    let main = place.main(bundle);
    let facts = facts(main)?;
    if !replay(bundle, engine, With::default())?.same {
        return Err(ShrinkError::NotTheSame);
    }
    let with = |keep: &[bool], names: Names| -> Result<Bundle, ShrinkError> {
        Ok(place.with(bundle, &reduce(main, &facts, keep, names)?))
    };
    let mut keep = vec![false; facts.bodies.len()];
    let mut runs = 1;
    loop {
        let tried = replay(&with(&keep, Names::Numbers)?, engine, With::default())?;
        runs += 1;
        match missed(&tried.observation.outcome, &facts, &keep) {
            Some(index) => keep[index] = true,
            None => break,
        }
        let kept = keep.iter().filter(|kept| **kept).count();
        progress(kept);
        if start.elapsed() > most {
            return Err(ShrinkError::Time { after: most, functions: keep.len(), kept });
        }
    }
    let smaller = with(&keep, Names::Own)?;
    if !replay(&smaller, engine, With::default())?.same {
        return Err(ShrinkError::NotTheSame);
    }
    let code = |keep: &dyn Fn(usize) -> bool| -> usize {
        facts.bodies.iter().enumerate().filter(|(index, _)| keep(*index)).map(|(_, size)| size).sum()
    };
    let kept = keep.iter().filter(|kept| **kept).count();
    Ok(Shrunk {
        functions: [keep.len(), kept],
        code: [code(&|_| true), code(&|index| keep[index]) + facts.stubs(&keep)],
        bytes: [bundle.component.len(), smaller.component.len()],
        bundle: smaller,
        runs: runs + 1,
    })
}

/// The function that ended the run because it was not there.
fn missed(outcome: &Outcome, facts: &Facts, keep: &[bool]) -> Option<usize> {
    let name = &outcome.frames().first()?.function;
    let index = name.strip_prefix(reduce::NUMBERED)?.parse::<usize>().ok()?.checked_sub(facts.imported as usize)?;
    keep.get(index).filter(|kept| !**kept).map(|_| index)
}
