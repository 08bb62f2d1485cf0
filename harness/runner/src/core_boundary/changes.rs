//! Compares main's memory before and after a call and reports changes outside of the call's results.

use std::ops::Range;

use polyfill_abi::Abi;

use super::places::{Described, Place, Reported};
use super::watch::Watch;
use super::{Value, call};
use crate::violation::{Changed, ViolationKind};

/// Number of bytes compared at once.
const BLOCK: usize = 4096;

/// Finished call.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) abi: &'a Abi,
    pub(super) module: &'a str,
    pub(super) function: &'a str,
    pub(super) arguments: &'a [Value],
    pub(super) end: End,
}

/// End of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    /// Returned, with the result if the function has one.
    Returned(Option<Value>),
    /// Did not return before the end of the run. Output may be written in part.
    Never,
}

/// Returns the forbidden changes that a call made to main's memory.
pub(super) fn faults(call: &Call<'_>, before: &[u8], after: &[u8], watch: &mut Watch) -> Vec<ViolationKind> {
    let Some(described) = call.described() else { return Vec::new() };
    if call.succeeded() {
        described.note(after, &mut watch.reported);
    }
    let room = described.places(before, |_| u64::MAX, &watch.reported);
    let mut allowed: Vec<Range<u64>> = match call.end {
        End::Never => room.iter().map(|place| place.range.clone()).collect(),
        End::Returned(_) if call.failed() => Vec::new(),
        End::Returned(_) => call.gives(before, after, &watch.reported).into_iter().map(|place| place.range).collect(),
    };
    allowed.extend(watch.regions().iter().cloned());
    let common = before.len().min(after.len());
    let runs = gaps(allowed, common).into_iter().flat_map(|gap| changed(before, after, gap));
    let parts = runs.flat_map(|run| split(run, &room));
    let fault = |run: Range<usize>| {
        let start = run.start as u64;
        let place = room.iter().find(|place| place.range.contains(&start));
        let owner = call.owner(place, room.iter().find(|place| place.range.end == start));
        let changed = Changed { owner, start, before: before[run.clone()].to_vec(), after: after[run].to_vec() };
        match place {
            Some(Place { is_buffer: true, .. }) if call.failed() => ViolationKind::BufferOnError(changed),
            Some(_) if call.failed() => ViolationKind::ResultOnError(changed),
            _ => ViolationKind::Memory(changed),
        }
    };
    let mut found: Vec<ViolationKind> = parts.map(fault).collect();
    if call.succeeded() {
        found.extend(unwritten(&room, before, after, watch.pattern));
    }
    found
}

/// Returns a violation for each result that still holds the fill pattern.
fn unwritten<'a>(
    room: &'a [Place<'a>],
    before: &'a [u8],
    after: &'a [u8],
    pattern: u8,
) -> impl Iterator<Item = ViolationKind> + 'a {
    let is_filled = move |memory: &[u8], place: &Place| {
        let bytes = bytes(memory, &place.range);
        bytes.is_some_and(|bytes| bytes.iter().all(|byte| *byte == pattern))
    };
    let results = room.iter().filter(|place| !place.is_buffer);
    let left = results.filter(move |place| is_filled(after, place) && !is_filled(before, place));
    left.map(|place| {
        let (owner, Range { start, end }) = (place.name, &place.range);
        ViolationKind::Unwritten(format!("did not write `{owner}`, {start:#x}..{end:#x}"))
    })
}

fn bytes<'m>(memory: &'m [u8], range: &Range<u64>) -> Option<&'m [u8]> {
    memory.get(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?)
}

/// Applies the changes that main's own code made during a call by an adapter to that call's baseline, except for bytes
/// that the adapter had already changed.
pub(super) fn take_over(baseline: &mut Vec<u8>, before: &[u8], after: &[u8]) {
    let common = baseline.len().min(before.len()).min(after.len());
    for run in changed(before, after, 0..common) {
        for at in run {
            if baseline[at] == before[at] {
                baseline[at] = after[at];
            }
        }
    }
    if let Some(added) = after.get(baseline.len()..) {
        baseline.extend_from_slice(added);
    }
}

impl<'a> Call<'a> {
    pub(super) fn text(&self) -> String {
        let result = match self.end {
            End::Returned(Some(errno)) => format!(" -> {}", errno.text()),
            End::Returned(None) | End::Never => String::new(),
        };
        format!("{}{result}", call(self.module, self.function, self.arguments))
    }

    /// Returns the call with its description. `None` if the function has none.
    pub(super) fn described(&self) -> Option<Described<'a>> {
        let module = self.abi.module(self.module)?;
        Some(Described { module, function: module.function(self.function)?, arguments: self.arguments })
    }

    /// Returns the output places of a successful call.
    pub(super) fn gives(&self, before: &[u8], after: &[u8], reported: &Reported) -> Vec<Place<'a>> {
        let Some(described) = self.described() else { return Vec::new() };
        let result = match self.end {
            End::Returned(result) => result,
            End::Never => None,
        };
        described.places(before, |output| described.output(output, result, after).unwrap_or_default(), reported)
    }

    /// Describes the owner of bytes by the place that holds them or the place that ends right before them.
    fn owner(&self, place: Option<&Place<'_>>, before: Option<&Place<'_>>) -> String {
        match (place, before) {
            (Some(place), _) if self.failed() => format!("`{}`", place.name),
            (Some(place), _) => format!("`{}`, beyond its reported length", place.name),
            (None, Some(place)) => format!("main's memory, right after `{}`", place.name),
            (None, None) => "main's memory".to_string(),
        }
    }

    /// Returns true if the call returned without an error.
    pub(super) fn succeeded(&self) -> bool {
        matches!(self.end, End::Returned(_)) && !self.failed()
    }

    /// Returns true if the call returned an error and therefore has no output. Functions without an error code cannot
    /// fail.
    pub(super) fn failed(&self) -> bool {
        let End::Returned(Some(code)) = self.end else { return false };
        code.bits() != 0 && self.described().is_some_and(|described| described.function.error.is_some())
    }
}

/// Splits a run of bytes at the borders of places.
fn split(run: Range<usize>, places: &[Place<'_>]) -> Vec<Range<usize>> {
    let ends = places.iter().flat_map(|place| [place.range.start, place.range.end]);
    let mut cuts: Vec<usize> = ends.filter_map(|end| usize::try_from(end).ok()).collect();
    cuts.retain(|cut| run.start < *cut && *cut < run.end);
    cuts.extend([run.start, run.end]);
    cuts.sort_unstable();
    cuts.dedup();
    cuts.windows(2).map(|pair| pair[0]..pair[1]).collect()
}

/// Returns the ranges between places, up to `end`.
fn gaps(mut places: Vec<Range<u64>>, end: usize) -> Vec<Range<usize>> {
    places.sort_by_key(|place| place.start);
    let clamp = |address: u64| usize::try_from(address).unwrap_or(usize::MAX).min(end);
    let mut gaps = Vec::new();
    let mut at = 0;
    for place in places {
        let start = clamp(place.start);
        if start > at {
            gaps.push(at..start);
        }
        at = at.max(clamp(place.end));
    }
    if at < end {
        gaps.push(at..end);
    }
    gaps
}

/// Returns the runs of bytes that differ.
fn changed(before: &[u8], after: &[u8], within: Range<usize>) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for start in within.clone().step_by(BLOCK) {
        let block = start..(start + BLOCK).min(within.end);
        if before[block.clone()] == after[block.clone()] {
            continue;
        }
        for at in block.filter(|at| before[*at] != after[*at]) {
            match runs.last_mut() {
                Some(run) if run.end == at => run.end += 1,
                _ => runs.push(at..at + 1),
            }
        }
    }
    runs
}

#[cfg(test)]
mod tests;
