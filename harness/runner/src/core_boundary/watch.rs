//! What a check of main's memory knows of a run: where adapters may write, and whose memory that is which was added.

use std::iter;
use std::ops::Range;

use polyfill_build::index::Sanitize;

use super::fills::PATTERNS;

/// Calls that are looked at one by one; comparing all of memory around each of very many takes too long.
const EACH: u64 = 1000;
/// Of the calls after those, every so manieth is looked at: a prime, so that no pattern of calls hides from it.
const EVERY: u64 = 97;

/// See the module.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) lists: Lists,
    /// Where adapters may write.
    regions: Vec<Range<u64>>,
    /// The sizes of regions that adapters may still add.
    missing: Vec<u64>,
    /// Adapters may add what they like.
    adapters_grow: bool,
    /// Some adapter can grow main's memory.
    pub(super) shared: bool,
    /// What results are filled with.
    pub(super) pattern: u8,
    /// Bytes of main's memory, as it was shown last.
    size: Option<u64>,
    /// Calls of main's, those within others not counted.
    calls: u64,
    passed_over: u64,
}

impl Watch {
    pub(super) fn new(check: &Sanitize, lists: Lists) -> Watch {
        let [main, end] = check.region;
        Watch {
            lists,
            regions: iter::once(main..end).collect(),
            missing: check.growth.clone(),
            adapters_grow: check.adapters_grow,
            shared: check.shared,
            pattern: PATTERNS[0],
            size: None,
            calls: 0,
            passed_over: 0,
        }
    }

    /// Main calls an adapter. Whether that is looked at; a call that will not return is, since nothing comes after it.
    pub(super) fn looks_at(&mut self, function: &str) -> bool {
        self.calls += 1;
        let looked_at = self.calls <= EACH || self.calls.is_multiple_of(EVERY) || function == "proc_exit";
        self.passed_over += u64::from(!looked_at);
        looked_at
    }

    /// Calls of main's that were looked at, and those that were not.
    pub(super) fn counts(&self) -> [u64; 2] {
        [self.calls - self.passed_over, self.passed_over]
    }

    pub(super) fn regions(&self) -> &[Range<u64>] {
        &self.regions
    }

    /// A block that main's realloc gave to an adapter.
    pub(super) fn given(&mut self, block: Range<u64>) {
        self.regions.push(block);
    }

    /// A block that it gave, and has taken back.
    pub(super) fn taken(&mut self, block: &Range<u64>) {
        if let Some(index) = self.regions.iter().position(|region| region == block) {
            self.regions.remove(index);
        }
    }

    /// Main's memory is that large now. The bytes that were added since it was shown last and that are no region, if it
    /// was an adapter that ran meanwhile.
    pub(super) fn grown(&mut self, size: u64, by_adapter: bool) -> u64 {
        let before = self.size.replace(size).unwrap_or(size);
        if size <= before || !by_adapter {
            return 0;
        }
        let missing = self.missing.iter().position(|missing| *missing == size - before);
        if let Some(index) = missing {
            self.missing.remove(index);
        }
        // What is added against the rules is reported once: what is written there later is not another fault.
        self.regions.push(before..size);
        if missing.is_some() || self.adapters_grow { 0 } else { size - before }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(adapters_grow: bool) -> Watch {
        let check = Sanitize { region: [50, 60], growth: vec![10, 20], shared: true, adapters_grow };
        Watch::new(&check, Lists::default())
    }

    #[test]
    fn memory_grows_by_regions_only() {
        let mut watch = watch(false);
        let seen = [(60, true), (65, false), (85, true), (95, true), (105, true), (105, true), (110, false)];
        assert_eq!(seen.map(|(size, by_adapter)| watch.grown(size, by_adapter)), [0, 0, 0, 0, 10, 0, 0]);
        assert_eq!(watch.regions(), [50..60, 65..85, 85..95, 95..105]);
    }

    #[test]
    fn memory_grows_as_the_case_lets_it() {
        let mut watch = watch(true);
        assert_eq!([60, 67, 70].map(|size| watch.grown(size, true)), [0, 0, 0]);
        assert_eq!(watch.grown(80, false), 0);
        assert_eq!(watch.regions(), [50..60, 60..67, 67..70]);
    }

    #[test]
    fn of_very_many_calls_some_are_passed_over() {
        let mut watch = watch(false);
        let looked_at = (0..10_000).filter(|_| watch.looks_at("fd_write")).count();
        assert_eq!(looked_at, 1000 + (10_000 / 97 - 1000 / 97));
        assert!(watch.looks_at("proc_exit"));
        assert_eq!(watch.counts(), [looked_at as u64 + 1, 10_000 - looked_at as u64]);
    }
}
