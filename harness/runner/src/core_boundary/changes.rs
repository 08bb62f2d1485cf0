//! Main's memory before and after a call -> what changed beside that which the call gives out.

use std::iter;
use std::ops::Range;

use polyfill_build::index::MemoryCheck;

use super::results::{self, Out};
use super::{Value, call};
use crate::observation::MemoryFault;

/// Bytes of a page.
const PAGE: u64 = 1 << 16;
/// Bytes of `event`.
const EVENT: u64 = 32;
/// Bytes of `iovec`.
const IOVEC: u64 = 8;
/// Bytes that are compared at once.
const BLOCK: usize = 4096;

/// A call that has returned.
pub(super) struct Call<'a> {
    pub(super) module: &'a str,
    pub(super) function: &'a str,
    pub(super) arguments: &'a [Value],
    /// Its result, if it has one.
    pub(super) errno: Option<Value>,
}

/// What a check of main's memory knows.
#[derive(Debug)]
pub(super) struct Watch {
    /// Bytes of main's memory at the start.
    main: u64,
    /// Where adapters may write.
    regions: Vec<Range<u64>>,
    /// The sizes of regions that adapters have yet to add.
    missing: Vec<u64>,
    /// A call was seen.
    begun: bool,
    lists: Lists,
}

impl Watch {
    pub(super) fn new(check: &MemoryCheck, lists: Lists) -> Watch {
        let [main, end] = check.region;
        let regions = iter::once(main..end).collect();
        Watch { main, regions, missing: check.growth.clone(), begun: false, lists }
    }

    /// Regions that were added before the first call of main's, by that of an export of the adapter's.
    pub(super) fn grown_before_calls(&mut self, growths: &[(u64, u64)]) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        for &(before, after) in growths {
            if before >= self.main {
                self.adopt(before..after);
            }
        }
    }

    /// The bytes that a call added and that are no region of an adapter's. Calls lie within one another, so that one
    /// region is seen several times.
    fn unexpected_growth(&mut self, before: u64, after: u64) -> u64 {
        let mut known: Vec<Range<u64>> = self.regions.iter().filter(|region| region.end > before).cloned().collect();
        known.sort_by_key(|region| region.start);
        known.push(after..after);
        let (mut at, mut unexpected) = (before, 0);
        for region in known {
            if region.start > at && !self.adopt(at..region.start) {
                unexpected += region.start - at;
            }
            at = at.max(region.end);
        }
        unexpected
    }

    /// Takes new memory for a region, if it can be one.
    fn adopt(&mut self, grown: Range<u64>) -> bool {
        let size = grown.end - grown.start;
        let Some(index) = self.missing.iter().position(|missing| *missing == size) else { return false };
        self.missing.remove(index);
        self.regions.push(grown);
        true
    }
}

/// How large arguments and environment are: as `args_sizes_get` and `environ_sizes_get` said last, and before that as
/// the run's inputs are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lists {
    pub(super) args: Size,
    pub(super) environ: Size,
}

/// A number of texts, and their bytes, each with the 0 at its end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Size {
    pub(super) count: u64,
    pub(super) bytes: u64,
}

/// What a call did to main's memory that it may not do. `after` is used up.
pub(super) fn faults(call: &Call<'_>, before: &[u8], after: &mut [u8], watch: &mut Watch) -> Vec<MemoryFault> {
    let mut faults = Vec::new();
    let unexpected = watch.unexpected_growth(before.len() as u64, after.len() as u64);
    if unexpected > 0 {
        faults.push(MemoryFault::Grown { call: call.text(), pages: unexpected / PAGE });
    }
    call.note_sizes(after, &mut watch.lists);
    let mut allowed = call.places(before, after, &watch.lists);
    allowed.extend(watch.regions.iter().cloned());
    // As if nothing had happened there.
    let common = before.len().min(after.len());
    for place in allowed {
        let clamp = |address: u64| usize::try_from(address).unwrap_or(usize::MAX).min(common);
        let (start, end) = (clamp(place.start), clamp(place.end));
        after[start..end.max(start)].copy_from_slice(&before[start..end.max(start)]);
    }
    faults.extend(changed(&before[..common], &after[..common]).into_iter().map(|range| MemoryFault::Changed {
        call: call.text(),
        start: range.start as u64,
        before: before[range.clone()].to_vec(),
        after: after[range].to_vec(),
    }));
    faults
}

impl Call<'_> {
    fn text(&self) -> String {
        let result = self.errno.map_or(String::new(), |errno| format!(" -> {}", errno.text()));
        format!("{}{result}", call(self.module, self.function, self.arguments))
    }

    /// Everything that the call may write to: results always, buffers as far as a count says. Where the call failed,
    /// there is no count.
    fn places(&self, before: &[u8], after: &[u8], lists: &Lists) -> Vec<Range<u64>> {
        let place = |at: usize, bytes: u64| self.address(at)..self.address(at).saturating_add(bytes);
        let count = |at: usize| if self.succeeded() { u64::from(word(after, self.address(at))) } else { 0 };
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
        self.errno == Some(Value::I32(0))
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
        if count == 0 {
            break;
        }
        let at = array + index * IOVEC;
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

/// Runs of bytes that differ.
fn changed(before: &[u8], after: &[u8]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (block, (old, new)) in before.chunks(BLOCK).zip(after.chunks(BLOCK)).enumerate() {
        if old == new {
            continue;
        }
        let differing = (0..old.len()).filter(|at| old[*at] != new[*at]);
        for at in differing.map(|at| block * BLOCK + at) {
            match runs.last_mut() {
                Some(run) if run.end == at => run.end += 1,
                _ => runs.push(at..at + 1),
            }
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: [u64; 0] = [];

    /// The addresses that a call changed without leave, of a memory of 100 bytes, `changes` of which it wrote.
    fn found(function: &str, arguments: &[u32], errno: u32, setup: &[(u32, u32)], changes: &[(usize, u8)]) -> Vec<u64> {
        let mut before = vec![0; 100];
        for (at, word) in setup {
            before[*at as usize..][..4].copy_from_slice(&word.to_le_bytes());
        }
        let mut after = before.clone();
        for (at, byte) in changes {
            after[*at] = *byte;
        }
        let arguments: Vec<Value> = arguments.iter().map(|value| Value::I32(*value)).collect();
        let errno = Some(Value::I32(errno));
        let call = Call { module: "wasi_snapshot_preview1", function, arguments: &arguments, errno };
        let lists = Lists { args: Size { count: 1, bytes: 3 }, ..Lists::default() };
        let watch = &mut Watch::new(&MemoryCheck { region: [90, 92], growth: Vec::new() }, lists);
        let faults = faults(&call, &before, &mut after, watch);
        let starts = faults.iter().map(|fault| match fault {
            MemoryFault::Changed { start, .. } => *start,
            MemoryFault::Grown { pages, .. } => 1000 + pages,
        });
        starts.collect()
    }

    #[test]
    fn results_and_region_may_change() {
        assert_eq!(found("fd_write", &[1, 0, 0, 8], 0, &[], &[(8, 1), (11, 1), (90, 1), (91, 1)]), NOTHING);
        assert_eq!(found("fd_write", &[1, 0, 0, 8], 0, &[], &[(7, 1), (12, 1), (13, 1), (92, 1)]), [7, 12, 92]);
    }

    #[test]
    fn buffers_may_change_as_far_as_the_count_says() {
        // Two buffers of 4 bytes at 40 and 50; the count at 60.
        let (setup, arguments) = ([(0, 40), (4, 4), (8, 50), (12, 4)], [0, 0, 2, 60]);
        assert_eq!(found("fd_read", &arguments, 0, &setup, &[(60, 5), (40, 1), (43, 1), (50, 1)]), NOTHING);
        assert_eq!(found("fd_read", &arguments, 0, &setup, &[(60, 5), (44, 1), (51, 1)]), [44, 51]);
        assert_eq!(found("fd_read", &arguments, 8, &setup, &[(60, 5), (40, 1)]), [40]);
        assert_eq!(found("random_get", &[20, 4], 0, &[], &[(20, 1), (23, 1), (24, 1)]), [24]);
    }

    #[test]
    fn arguments_are_as_large_as_was_said() {
        assert_eq!(found("args_get", &[0, 8], 0, &[], &[(3, 1), (8, 1), (10, 1)]), NOTHING);
        assert_eq!(found("args_get", &[0, 8], 0, &[], &[(4, 1), (11, 1)]), [4, 11]);
    }

    #[test]
    fn memory_grows_by_regions_only() {
        let check = MemoryCheck { region: [50, 60], growth: vec![10, 20, 30] };
        let mut watch = Watch::new(&check, Lists::default());
        watch.grown_before_calls(&[(20, 30), (60, 65), (65, 95)]);
        watch.grown_before_calls(&[(95, 105)]);
        assert_eq!(watch.unexpected_growth(95, 115), 0);
        // The call around it added a region before it.
        assert_eq!(watch.unexpected_growth(85, 115), 0);
        assert_eq!(watch.unexpected_growth(115, 116), 1);
        assert_eq!(watch.regions, [50..60, 65..95, 95..115]);
    }

    #[test]
    fn sums_that_do_not_fit_are_no_panic() {
        let setup = [(0, u32::MAX), (4, u32::MAX)];
        assert_eq!(found("fd_read", &[0, 0, u32::MAX, u32::MAX], 0, &setup, &[(50, 1)]), [50]);
        assert_eq!(found("fd_write", &[0, 0, 0, u32::MAX], 0, &[], &[(50, 1)]), [50]);
        assert_eq!(found("fd_write", &[], 0, &[], &[(50, 1)]), [50]);
    }
}
