//! State of the memory check: writable regions, sampling of calls, and ownership of added memory.

use std::collections::BTreeMap;
use std::iter;
use std::ops::Range;

use polyfill_abi::Function;
use polyfill_builder::index::Sanitize;

use super::fills::PATTERNS;
use super::places::Reported;

/// Number of calls that are all checked. Comparing all of memory around every later call would take too long.
const EACH: u64 = 1000;
/// Sampling interval of later calls: a prime, so that periodic calls are not always skipped.
const EVERY: u64 = 97;

/// State of the memory check of a run.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) reported: Reported,
    /// Ranges that adapters may write to.
    regions: Vec<Range<u64>>,
    /// Sizes in bytes of regions that adapters may still add.
    missing: Vec<u64>,
    /// Set if adapters may grow memory without limit.
    adapters_grow: bool,
    /// Set if an adapter can grow main's memory.
    pub(super) shared: bool,
    /// Fill pattern for results.
    pub(super) pattern: u8,
    /// Size of main's memory in bytes, as last reported.
    size: Option<u64>,
    /// Number of calls by main, without nested calls.
    calls: u64,
    skipped: u64,
    /// Number of calls by main of functions without a description, by import module. Their memory is not compared.
    pub(super) undescribed: BTreeMap<String, u64>,
}

impl Watch {
    pub(super) fn new(check: &Sanitize, reported: Reported) -> Watch {
        let [main, end] = check.region;
        Watch {
            reported,
            regions: iter::once(main..end).collect(),
            missing: check.growth.clone(),
            adapters_grow: check.adapters_grow,
            shared: check.shared,
            pattern: PATTERNS[0],
            size: None,
            calls: 0,
            skipped: 0,
            undescribed: BTreeMap::new(),
        }
    }

    /// Counts a call by main. Returns true if it is checked; a call that ends the run always is. Nothing is known about
    /// the outputs of a function without a description.
    pub(super) fn looks_at(&mut self, module: &str, described: Option<&Function>) -> bool {
        let Some(function) = described else {
            *self.undescribed.entry(module.to_string()).or_default() += 1;
            return false;
        };
        self.calls += 1;
        let checked = self.calls <= EACH || self.calls.is_multiple_of(EVERY) || function.ends;
        self.skipped += u64::from(!checked);
        checked
    }

    /// Returns the numbers of checked and skipped calls.
    pub(super) fn counts(&self) -> [u64; 2] {
        [self.calls - self.skipped, self.skipped]
    }

    pub(super) fn regions(&self) -> &[Range<u64>] {
        &self.regions
    }

    /// Adds a block that main's realloc allocated for an adapter.
    pub(super) fn given(&mut self, block: Range<u64>) {
        self.regions.push(block);
    }

    /// Removes a block that main's realloc has freed or moved.
    pub(super) fn taken(&mut self, block: &Range<u64>) {
        if let Some(index) = self.regions.iter().position(|region| region == block) {
            self.regions.remove(index);
        }
    }

    /// Records the size of main's memory. Returns the number of bytes that an adapter added since the last report
    /// without permission.
    pub(super) fn grown(&mut self, size: u64, by_adapter: bool) -> u64 {
        let before = self.size.replace(size).unwrap_or(size);
        if size <= before || !by_adapter {
            return 0;
        }
        let missing = self.missing.iter().position(|missing| *missing == size - before);
        if let Some(index) = missing {
            self.missing.remove(index);
        }
        // A forbidden growth is reported once; later writes to the added memory are not reported.
        self.regions.push(before..size);
        if missing.is_some() || self.adapters_grow { 0 } else { size - before }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(adapters_grow: bool) -> Watch {
        let check = Sanitize { region: [50, 60], growth: vec![10, 20], shared: true, adapters_grow };
        Watch::new(&check, Reported::default())
    }

    #[test]
    fn memory_grows_by_regions_only() {
        let mut watch = watch(false);
        let growths = [(60, true), (65, false), (85, true), (95, true), (105, true), (105, true), (110, false)];
        assert_eq!(growths.map(|(size, by_adapter)| watch.grown(size, by_adapter)), [0, 0, 0, 0, 10, 0, 0]);
        assert_eq!(watch.regions(), [50..60, 65..85, 85..95, 95..105]);
    }

    #[test]
    fn memory_grows_freely_if_the_case_allows_it() {
        let mut watch = watch(true);
        assert_eq!([60, 67, 70].map(|size| watch.grown(size, true)), [0, 0, 0]);
        assert_eq!(watch.grown(80, false), 0);
        assert_eq!(watch.regions(), [50..60, 60..67, 67..70]);
    }

    #[test]
    fn many_calls_are_sampled() {
        let mut watch = watch(false);
        let function = |name| polyfill_abi::standard().function("wasi_snapshot_preview1", name);
        let checked = (0..10_000).filter(|_| watch.looks_at("", function("fd_write"))).count();
        assert_eq!(checked, 1000 + (10_000 / 97 - 1000 / 97));
        assert!(watch.looks_at("", function("proc_exit")));
        assert_eq!(watch.counts(), [checked as u64 + 1, 10_000 - checked as u64]);
    }
}
