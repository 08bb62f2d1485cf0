//! Write attribution: a second run of a case that finds the writers of changed bytes.

use std::ops::Range;

use crate::inputs::Sinks;
use crate::limits::Limits;
use crate::observe::{Run, SecondRun, observe_as};
use crate::trace::Detail;
use crate::violation::Violation;

/// Factor on the time limit of a run that watches every write, within the time budget of the trial.
const SLOWER: u32 = 10;
/// Writer of a violation that the second run did not reproduce.
const NOT_AGAIN: &str = "unknown: the second run was not deterministic";

/// Sets the writer of each violation that is a change of main's memory: the frames of the write, or the host function
/// that wrote the bytes. Reruns the case if `wanted` selects any such violation.
pub fn name_writers(run: &Run<'_>, violations: &mut [Violation], wanted: impl Fn(&Violation) -> bool) {
    let nameless = |violation: &&mut Violation| {
        violation.what.changed().is_some() && violation.frames.is_empty() && wanted(violation)
    };
    let mut nameless: Vec<&mut Violation> = violations.iter_mut().filter(nameless).collect();
    if nameless.is_empty() {
        return;
    }
    let watched = nameless.iter().filter_map(|violation| Some((violation.number, violation.what.changed()?.range())));
    let again = run_again(run, &watched.collect::<Vec<_>>());
    for violation in &mut nameless {
        let found = again.as_ref().map(|again| again.iter().find(|other| is_same(other, violation)));
        match found {
            Ok(Some(found)) => {
                violation.frames.clone_from(&found.frames);
                violation.writer.clone_from(&found.writer);
            }
            Ok(None) => violation.writer = NOT_AGAIN.into(),
            Err(why) => violation.writer = format!("unknown: {why}"),
        }
    }
}

fn is_same(other: &Violation, violation: &Violation) -> bool {
    other.number == violation.number && other.call == violation.call && other.what == violation.what
}

/// Reruns with watched addresses and returns the violations, with their writers.
fn run_again(run: &Run<'_>, watched: &[(u64, Range<u64>)]) -> Result<Vec<Violation>, String> {
    if run.time.left().is_zero() {
        return Err("the time limit of the trial is used up".into());
    }
    let addresses = |(_, range): &(u64, Range<u64>)| {
        Some(u32::try_from(range.start).ok()?..u32::try_from(range.end).unwrap_or(u32::MAX))
    };
    let ranges: Vec<Range<u32>> = watched.iter().filter_map(addresses).collect();
    let component = polyfill_encoder::watch(run.program.binary(), &ranges).map_err(|error| error.to_string())?;
    let program = run.engine.program(&component).map_err(|error| error.to_string())?;
    let limits = Limits {
        timeout: run.limits.timeout.saturating_mul(SLOWER),
        fuel: run.limits.fuel.map(|fuel| fuel.saturating_mul(SLOWER.into())),
        ..run.limits.clone()
    };
    let again = Run { program: &program, limits: &limits, detail: Detail::Off, ..*run };
    Ok(observe_as(&again, Sinks::default(), &SecondRun { watched, ..SecondRun::default() }).violations)
}
