//! Compares main's memory before and after a call and reports changes outside of the call's results.

use std::ops::Range;

use super::results::{self, Out};
use super::watch::{Lists, Size, Watch};
use super::{Value, call};
use crate::trace::preview1;
use crate::violation::{Changed, ViolationKind};

/// Size of the preview1 type `size` in bytes.
const SIZE: u64 = 4;
/// Size of the preview1 type `event` in bytes.
const EVENT: u64 = 32;
/// Size of the preview1 type `iovec` in bytes.
const IOVEC: u64 = 8;
/// Number of bytes compared at once.
const BLOCK: usize = 4096;

/// Finished call.
pub(super) struct Call<'a> {
    pub(super) module: &'a str,
    pub(super) function: &'a str,
    pub(super) arguments: &'a [Value],
    pub(super) end: End,
}

/// Place in memory that a call writes its output to.
pub(super) struct Place {
    pub(super) range: Range<u64>,
    /// Index of the parameter that holds its address.
    at: usize,
    /// Set for a buffer, which may be filled in part. A result is written entirely or not at all.
    pub(super) is_buffer: bool,
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
    call.note_sizes(after, &mut watch.lists);
    let room = call.places(before, |_| u64::MAX, &watch.lists);
    let mut allowed: Vec<Range<u64>> = match call.end {
        End::Never => room.iter().map(|place| place.range.clone()).collect(),
        End::Returned(_) if call.failed() => Vec::new(),
        End::Returned(_) => {
            let filled = call.places(before, |at| u64::from(word(after, call.address(at))), &watch.lists);
            filled.into_iter().map(|place| place.range).collect()
        }
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
        found.extend(unwritten(call, &room, before, after, watch.pattern));
    }
    found
}

/// Returns a violation for each result that still holds the fill pattern.
fn unwritten<'a>(
    call: &'a Call<'_>,
    room: &'a [Place],
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
        let (owner, Range { start, end }) = (call.name(place), &place.range);
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

impl Call<'_> {
    pub(super) fn text(&self) -> String {
        let result = match self.end {
            End::Returned(Some(errno)) => format!(" -> {}", errno.text()),
            End::Returned(None) | End::Never => String::new(),
        };
        format!("{}{result}", call(self.module, self.function, self.arguments))
    }

    /// Returns the places of all outputs: results, and buffers up to the size that `count` returns for a parameter
    /// index.
    pub(super) fn places(&self, before: &[u8], count: impl Fn(usize) -> u64, lists: &Lists) -> Vec<Place> {
        let size = |at: usize| self.address(at);
        let mut places = Vec::new();
        for out in results::of(self.function) {
            let (at, bytes, is_buffer) = match *out {
                Out::Value { at, bytes } => (at, bytes, false),
                Out::Filestat { at } => (at, if self.module == "wasi_unstable" { 56 } else { 64 }, false),
                Out::Whole { at, len } => (at, size(len), true),
                Out::Filled { at, room, count: n } => (at, count(n).min(size(room)), true),
                Out::Events { at, most, count: n } => (at, count(n).min(size(most)) * EVENT, true),
                Out::ArgPointers { at } => (at, lists.args.count * 4, true),
                Out::ArgTexts { at } => (at, lists.args.bytes, true),
                Out::EnvironPointers { at } => (at, lists.environ.count * 4, true),
                Out::EnvironTexts { at } => (at, lists.environ.bytes, true),
                Out::Scattered { array, len, count: n } => {
                    let ranges = scattered(before, size(array), size(len), count(n));
                    places.extend(ranges.into_iter().map(|range| Place { range, at: array, is_buffer: true }));
                    continue;
                }
            };
            let start = self.address(at);
            places.push(Place { range: start..start.saturating_add(bytes), at, is_buffer });
        }
        places
    }

    /// Describes the owner of bytes by the place that holds them or the place that ends right before them.
    fn owner(&self, place: Option<&Place>, before: Option<&Place>) -> String {
        match (place, before) {
            (Some(place), _) if self.failed() => format!("`{}`", self.name(place)),
            (Some(place), _) => format!("`{}`, beyond its reported length", self.name(place)),
            (None, Some(place)) => format!("main's memory, right after `{}`", self.name(place)),
            (None, None) => "main's memory".to_string(),
        }
    }

    /// Returns the name of the parameter that holds a place's address.
    pub(super) fn name(&self, place: &Place) -> &'static str {
        preview1::parameter(self.function, place.at).unwrap_or("?")
    }

    fn note_sizes(&self, after: &[u8], lists: &mut Lists) {
        let size = || {
            let word = |parameter| u64::from(word(after, self.address(parameter)));
            Size { count: word(0), bytes: word(1) }
        };
        // Overlapping results have no reliable contents.
        if self.address(0).abs_diff(self.address(1)) < SIZE {
            return;
        }
        match self.function {
            "args_sizes_get" if self.succeeded() => lists.args = size(),
            "environ_sizes_get" if self.succeeded() => lists.environ = size(),
            _ => {}
        }
    }

    fn succeeded(&self) -> bool {
        self.end == End::Returned(Some(Value::I32(0)))
    }

    /// Returns true if the call returned an error and therefore has no output. Functions without an errno cannot fail.
    fn failed(&self) -> bool {
        matches!(self.end, End::Returned(Some(errno)) if errno != Value::I32(0))
    }

    /// Returns an argument that is an address or a size, 0 if missing.
    pub(super) fn address(&self, parameter: usize) -> u64 {
        match self.arguments.get(parameter) {
            Some(Value::I32(value)) => u64::from(*value),
            _ => 0,
        }
    }
}

/// Returns the ranges that cover the first `count` bytes of an array of buffers.
fn scattered(memory: &[u8], array: u64, len: u64, mut count: u64) -> Vec<Range<u64>> {
    let mut places = Vec::new();
    for index in 0..len {
        let at = array + index * IOVEC;
        if count == 0 || at >= memory.len() as u64 {
            break;
        }
        let (start, room) = (u64::from(word(memory, at)), u64::from(word(memory, at + 4)));
        let filled = room.min(count);
        places.push(start..start + filled);
        count -= filled;
    }
    places
}

/// Reads a 32-bit little-endian number from memory. Returns 0 beyond its end.
pub(super) fn word(memory: &[u8], at: u64) -> u32 {
    let bytes = usize::try_from(at).ok().and_then(|at| memory.get(at..)?.first_chunk::<4>());
    bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// Splits a run of bytes at the borders of places.
fn split(run: Range<usize>, places: &[Place]) -> Vec<Range<usize>> {
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
