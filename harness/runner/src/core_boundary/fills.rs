//! Fills the output places of a call with a pattern before the call. A place that still holds the pattern afterwards
//! was not written.
//!
//! After the call, the original bytes are restored where the pattern is left: everywhere if the call fails, and in a
//! buffer beyond its reported length. Main therefore sees the original contents, except in results and parts of a
//! buffer that the call reports as written but did not write.

use std::ops::Range;

use super::changes::Call;
use super::places::{Place, Reported};
use super::uninitialized::Given;
use super::{CoreBoundary, End, Open, Patch, Value};

/// Fill patterns of the first and the second run.
pub(crate) const PATTERNS: [u8; 2] = [0xa5, 0x5a];

/// Returns the fill byte at an index of a buffer. It varies with the index so that real data is unlikely to match.
pub(super) fn filler(pattern: u8, index: usize) -> u8 {
    // Knuth's multiplicative hash.
    let [.., scrambled] = (index as u32).wrapping_mul(2_654_435_761).to_le_bytes();
    pattern ^ scrambled
}

/// Minimum length of a run of fill bytes that counts as not written.
const SURE: usize = 8;
/// Maximum number of filled bytes per place, and per call.
const MOST_OF_ONE: u64 = 64 << 10;
const MOST: u64 = 256 << 10;

/// Filled place.
#[derive(Debug)]
pub(super) struct Fill {
    range: Range<usize>,
    is_buffer: bool,
    /// Original bytes.
    kept: Vec<u8>,
}

impl CoreBoundary {
    /// Returns the patches that fill the output places of the innermost call, which has just begun.
    pub(super) fn fill(&mut self, memory: &[u8]) -> Vec<Patch> {
        let (Some(watch), Some(open)) = (&self.watch, self.open.last_mut()) else { return Vec::new() };
        if open.memory.is_none() || open.is_main() {
            return Vec::new();
        }
        let Open { module, function, arguments, .. } = &*open;
        let call = Call { abi: &self.abi, module, function, arguments, end: End::Never };
        open.fills = fills(&call, memory, &watch.reported);
        let pattern = self.pattern;
        let patch = |fill: &Fill| Patch {
            address: fill.range.start as u32,
            bytes: (0..fill.range.len()).map(|index| fill.filler(pattern, index)).collect(),
        };
        open.fills.iter().map(patch).collect()
    }

    /// Returns the patches that restore the original bytes after the innermost call has returned `errno`.
    pub(super) fn restore(&mut self, errno: u32, memory: &[u8]) -> Vec<Patch> {
        let (Some(watch), Some(open)) = (&self.watch, self.open.last_mut()) else { return Vec::new() };
        let Some(before) = &open.memory else { return Vec::new() };
        let fills = std::mem::take(&mut open.fills);
        let end = End::Returned(Some(Value::I32(errno)));
        let Open { module, function, arguments, .. } = &*open;
        let call = Call { abi: &self.abi, module, function, arguments, end };
        let pattern = self.pattern;
        let gives = if call.failed() { Vec::new() } else { call.gives(before, memory, &watch.reported) };
        // An unwritten count does not specify the length of a buffer.
        let counts = fills.iter().all(|fill| fill.is_buffer || fill.is_written(memory, pattern));
        let given = if counts { &gives[..] } else { &[] };
        self.given.push(|| Given::of(open.number, open.depth, &call, given, memory));
        // Nothing is known about the rest of a buffer that is filled in part.
        let said = if gives.iter().any(|place| place.is_partial) { &[][..] } else { &gives[..] };
        fills.iter().filter_map(|fill| fill.restored(said, memory, pattern)).collect()
    }
}

impl Fill {
    fn filler(&self, pattern: u8, index: usize) -> u8 {
        if self.is_buffer { filler(pattern, index) } else { pattern }
    }

    /// Returns true if any byte differs from the pattern. A result is written entirely or not at all.
    fn is_written(&self, memory: &[u8], pattern: u8) -> bool {
        memory.get(self.range.clone()).is_some_and(|now| now.iter().any(|byte| *byte != pattern))
    }

    /// Returns the patch that restores bytes that still hold the pattern, outside of the output or if all output is
    /// unwritten.
    fn restored(&self, gives: &[Place<'_>], memory: &[u8], pattern: u8) -> Option<Patch> {
        let now = memory.get(self.range.clone())?;
        let is_given = |at: usize| gives.iter().any(|place| place.range.contains(&((self.range.start + at) as u64)));
        let is_left = |at: usize| now.get(at) == Some(&self.filler(pattern, at));
        let said = (0..now.len()).filter(|at| is_given(*at));
        let is_empty = said.clone().count() >= SURE && said.into_iter().all(is_left);
        if !self.is_buffer && (is_given(0) || self.is_written(memory, pattern)) {
            return None;
        }
        let goes_back = |at: usize| is_left(at) && (is_empty || !is_given(at));
        let back = |(at, (now, kept)): (usize, (&u8, &u8))| if goes_back(at) { *kept } else { *now };
        let bytes: Vec<u8> = now.iter().zip(&self.kept).enumerate().map(back).collect();
        (bytes != now).then_some(Patch { address: self.range.start as u32, bytes })
    }
}

/// Returns the places of a call that can be filled: within memory, disjoint from each other and from the call's input.
fn fills(call: &Call<'_>, memory: &[u8], reported: &Reported) -> Vec<Fill> {
    let Some(described) = call.described() else { return Vec::new() };
    let reads = described.reads(reported);
    let mut fills: Vec<Fill> = Vec::new();
    let mut left = MOST;
    for place in described.places(memory, |_| u64::MAX, reported) {
        let Range { start, end } = place.range;
        let end = if place.is_buffer { end.min(start.saturating_add(MOST_OF_ONE.min(left))) } else { end };
        let overlaps = |other: &Range<u64>| other.start < end && start < other.end;
        let others = fills.iter().map(|fill| fill.range.start as u64..fill.range.end as u64);
        let in_memory = end <= memory.len() as u64;
        if start >= end || !in_memory || others.into_iter().any(|other| overlaps(&other)) {
            continue;
        }
        if place.is_buffer && reads.iter().any(overlaps) {
            continue;
        }
        left -= (end - start).min(left);
        let range = start as usize..end as usize;
        fills.push(Fill { kept: memory[range.clone()].to_vec(), range, is_buffer: place.is_buffer });
    }
    fills
}

#[cfg(test)]
mod tests {
    use polyfill_abi::Descriptions;
    use polyfill_builder::index::Sanitize;

    use super::*;

    const NOWHERE: [usize; 0] = [];

    /// Memory of 100 bytes of value 1, with an array at 0 that refers to buffers of 4 bytes at 40 and 50.
    fn memory() -> Vec<u8> {
        let mut memory = vec![1; 100];
        for (at, word) in [(0, 40u32), (4, 4), (8, 50), (12, 4)] {
            memory[at..at + 4].copy_from_slice(&word.to_le_bytes());
        }
        memory
    }

    /// Returns the memory during a call, and after the call's writes and restoring.
    fn filled(function: &str, arguments: &[u32], errno: u32, writes: &[(usize, u8)]) -> (Vec<u8>, Vec<u8>) {
        let check = Sanitize { region: [0, 0], growth: Vec::new(), shared: true, adapters_grow: false };
        let mut boundary = CoreBoundary::new(Some(&check), &Descriptions::default(), &[], &[]);
        let mut memory = memory();
        let arguments = arguments.iter().map(|value| Value::I32(*value)).collect();
        boundary.before("wasi_snapshot_preview1".into(), function.into(), arguments, &memory);
        let patches = boundary.fill(&memory);
        patch(&mut memory, patches);
        let before = memory.clone();
        for (at, byte) in writes {
            memory[*at] = *byte;
        }
        let patches = boundary.restore(errno, &memory);
        patch(&mut memory, patches);
        (before, memory)
    }

    fn patch(memory: &mut [u8], patches: Vec<Patch>) {
        for Patch { address, bytes } in patches {
            memory[address as usize..][..bytes.len()].copy_from_slice(&bytes);
        }
    }

    /// Returns the addresses that differ from the original memory.
    fn other(memory: &[u8]) -> Vec<usize> {
        memory.iter().zip(self::memory()).enumerate().filter(|(_, (a, b))| **a != *b).map(|(at, _)| at).collect()
    }

    #[test]
    fn buffers_and_results_are_filled_and_restored() {
        let (before, after) = filled("fd_read", &[3, 0, 2, 60], 8, &[]);
        assert_eq!(other(&before), [40, 41, 42, 43, 50, 51, 52, 53, 60, 61, 62, 63]);
        assert_eq!(other(&after), NOWHERE);
        // A failing call that writes in part.
        assert_eq!(other(&filled("fd_read", &[3, 0, 2, 60], 8, &[(41, 7), (60, 7)]).1), [41, 60, 61, 62, 63]);
        // Five bytes are reported and the last one is not written. Bytes after them are restored.
        let writes = [(60, 5), (61, 0), (62, 0), (63, 0), (40, 7), (41, 7), (42, 7), (43, 7)];
        let (_, after) = filled("fd_read", &[3, 0, 2, 60], 0, &writes);
        assert_eq!(other(&after), [40, 41, 42, 43, 50, 60, 61, 62, 63]);
        assert_eq!(after[50], filler(PATTERNS[0], 0));
        // No reported byte was written.
        assert_eq!(other(&filled("random_get", &[64, 8], 0, &[]).1), NOWHERE);
        assert_eq!(other(&filled("random_get", &[64, 8], 0, &[(64, 7)]).1), [64, 65, 66, 67, 68, 69, 70, 71]);
    }

    #[test]
    fn a_name_can_be_shorter_than_its_buffer() {
        assert_eq!(other(&filled("fd_prestat_dir_name", &[3, 20, 4], 0, &[(20, b'/')]).1), [20]);
    }

    #[test]
    fn input_is_not_filled() {
        // The first buffer contains the array of buffers; the events overlap the subscriptions.
        assert_eq!(other(&filled("fd_read", &[3, 36, 1, 60], 8, &[]).0), [60, 61, 62, 63]);
        assert_eq!(other(&filled("poll_oneoff", &[16, 40, 1, 4], 8, &[]).0), [4, 5, 6, 7]);
        // Places beyond memory and overlapping places are not filled.
        assert_eq!(other(&filled("random_get", &[90, 11], 0, &[]).0), NOWHERE);
        assert_eq!(other(&filled("environ_sizes_get", &[20, 22], 8, &[]).0), [20, 21, 22, 23]);
    }
}
