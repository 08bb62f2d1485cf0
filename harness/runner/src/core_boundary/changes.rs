//! Main's memory before and after a call -> what changed beside that which the call gives out.

use std::ops::Range;

use super::results::{self, Out};
use super::watch::{Lists, Size, Watch};
use super::{Value, call};
use crate::observation::MemoryFault;

/// Bytes of `event`.
const EVENT: u64 = 32;
/// Bytes of `iovec`.
const IOVEC: u64 = 8;
/// Bytes that are compared at once.
const BLOCK: usize = 4096;

/// A call that is over.
pub(super) struct Call<'a> {
    pub(super) module: &'a str,
    pub(super) function: &'a str,
    pub(super) arguments: &'a [Value],
    pub(super) end: End,
}

/// How a call came to its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    /// It returned, with a result if it has one.
    Returned(Option<Value>),
    /// The run was over before it returned. What it gives out may be there in part.
    Never,
}

/// What a call did to the bytes of main's memory that it may not do.
pub(super) fn faults(call: &Call<'_>, before: &[u8], after: &[u8], watch: &mut Watch) -> Vec<MemoryFault> {
    call.note_sizes(after, &mut watch.lists);
    let mut allowed = call.places(before, after, &watch.lists);
    allowed.extend(watch.regions().iter().cloned());
    let common = before.len().min(after.len());
    let runs = gaps(allowed, common).into_iter().flat_map(|gap| changed(before, after, gap));
    let fault = |run: Range<usize>| MemoryFault::Changed {
        call: call.text(),
        start: run.start as u64,
        before: before[run.clone()].to_vec(),
        after: after[run].to_vec(),
    };
    runs.map(fault).collect()
}

/// What main's own code did to its memory within a call of an adapter's, as if it had been so before that call: all
/// bytes but those that the adapter had changed already.
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

    /// Everything that the call may write to: results always, buffers as far as a count says. Where the call failed,
    /// there is no count; where it never returned, no count has to be there yet.
    fn places(&self, before: &[u8], after: &[u8], lists: &Lists) -> Vec<Range<u64>> {
        let place = |at: usize, bytes: u64| self.address(at)..self.address(at).saturating_add(bytes);
        let count = |at: usize| match self.end {
            End::Never => u64::MAX,
            End::Returned(_) if self.succeeded() => u64::from(word(after, self.address(at))),
            End::Returned(_) => 0,
        };
        let mut places = Vec::new();
        for out in results::of(self.function) {
            match *out {
                Out::Value { at, bytes } => places.push(place(at, bytes)),
                Out::Filestat { at } => places.push(place(at, if self.module == "wasi_unstable" { 56 } else { 64 })),
                Out::Whole { at, len } => places.push(place(at, self.address(len))),
                Out::Filled { at, room, count: n } => places.push(place(at, count(n).min(self.address(room)))),
                Out::Events { at, most, count: n } => places.push(place(at, count(n).min(self.address(most)) * EVENT)),
                Out::ArgPointers { at } => places.push(place(at, lists.args.count * 4)),
                Out::ArgTexts { at } => places.push(place(at, lists.args.bytes)),
                Out::EnvironPointers { at } => places.push(place(at, lists.environ.count * 4)),
                Out::EnvironTexts { at } => places.push(place(at, lists.environ.bytes)),
                Out::Scattered { array, len, count: n } => {
                    places.extend(scattered(before, self.address(array), self.address(len), count(n)));
                }
            }
        }
        places
    }

    fn note_sizes(&self, after: &[u8], lists: &mut Lists) {
        let size = || {
            let word = |parameter| u64::from(word(after, self.address(parameter)));
            Size { count: word(0), bytes: word(1) }
        };
        match self.function {
            "args_sizes_get" if self.succeeded() => lists.args = size(),
            "environ_sizes_get" if self.succeeded() => lists.environ = size(),
            _ => {}
        }
    }

    fn succeeded(&self) -> bool {
        self.end == End::Returned(Some(Value::I32(0)))
    }

    /// An address or a size among the arguments.
    fn address(&self, parameter: usize) -> u64 {
        match self.arguments.get(parameter) {
            Some(Value::I32(value)) => u64::from(*value),
            _ => 0,
        }
    }
}

/// The first `count` bytes of an array of buffers.
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

/// A number in memory; 0 beyond its end.
fn word(memory: &[u8], at: u64) -> u32 {
    let bytes = usize::try_from(at).ok().and_then(|at| memory.get(at..)?.first_chunk::<4>());
    bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// What lies between places, up to `end`.
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

/// Runs of bytes that differ.
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
