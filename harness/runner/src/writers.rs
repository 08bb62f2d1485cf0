//! A second run of a case, which tells who wrote what must not be written.

use std::ops::Range;

use crate::inputs::Sinks;
use crate::limits::Limits;
use crate::observe::{Looks, Run, observe_as};
use crate::trace::Detail;
use crate::violation::Violation;

/// How many times as much a run may take whose adapters look at each of their writes, if its trial has that much left.
const SLOWER: u32 = 10;
/// Where the second run is another one.
const NOT_AGAIN: &str = "nobody knows: a second run did not do the same";

/// Says in each violation that is a change of main's memory who wrote it: the first frames of the write, or the function that
/// the host was answering. For that the case is run again, if there are any that are `wanted`.
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
            Err(why) => violation.writer = format!("nobody knows: {why}"),
        }
    }
}

fn is_same(other: &Violation, violation: &Violation) -> bool {
    other.number == violation.number && other.call == violation.call && other.what == violation.what
}

/// What is found in a second run, with the writers of those bytes.
fn run_again(run: &Run<'_>, watched: &[(u64, Range<u64>)]) -> Result<Vec<Violation>, String> {
    if run.time.left().is_zero() {
        return Err("the trial has used up its time".into());
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
    Ok(observe_as(&again, Sinks::default(), &Looks { watched, ..Looks::default() }).violations)
}
