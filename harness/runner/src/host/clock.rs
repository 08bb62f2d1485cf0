//! Deterministic clocks: sleeping advances them and takes no real time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Constant value of the wall clock: 2000-01-01T00:00:00Z, in seconds since 1970.
pub const WALL_CLOCK_SECONDS: u64 = 946_684_800;

/// Nanoseconds by which each read advances the monotonic clock, so that busy-waiting loops end.
const STEP: u64 = 1000;

/// Constant wall clock, and virtual monotonic clock that starts at 0. Clones share the clock.
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    now: AtomicU64,
    /// Number of waiters by instant.
    awaited: Mutex<BTreeMap<u64, usize>>,
}

impl Clock {
    /// Returns the monotonic time in nanoseconds. Each read advances it by one microsecond.
    pub fn monotonic(&self) -> u64 {
        self.0.now.fetch_add(STEP, Ordering::Relaxed)
    }

    /// Returns the wall clock time in nanoseconds since 1970.
    pub fn wall(&self) -> u64 {
        WALL_CLOCK_SECONDS * 1_000_000_000
    }

    /// Returns the resolution of both clocks in nanoseconds.
    pub fn resolution(&self) -> u64 {
        STEP
    }

    /// Advances the monotonic clock by nanoseconds.
    pub fn sleep(&self, nanoseconds: u64) {
        self.update(|now| now.saturating_add(nanoseconds));
    }

    /// Advances the monotonic clock to `instant`, unless it is already there.
    pub fn sleep_until(&self, instant: u64) {
        self.update(|now| now.max(instant));
    }

    /// Registers a waiter for `instant` until the returned guard is dropped.
    pub(super) fn wait_for(&self, instant: u64) -> Waiting {
        *self.awaited().entry(instant).or_default() += 1;
        Waiting { clock: self.clone(), instant }
    }

    fn awaited(&self) -> MutexGuard<'_, BTreeMap<u64, usize>> {
        self.0.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn update(&self, f: impl Fn(u64) -> u64) {
        // The closure never declines, so there is nothing to handle.
        let _ = self.0.now.try_update(Ordering::Relaxed, Ordering::Relaxed, |now| Some(f(now)));
    }
}

/// Registration of a waiter for an instant.
pub(super) struct Waiting {
    clock: Clock,
    instant: u64,
}

impl Waiting {
    /// Returns true if no waiter has an earlier instant.
    pub(super) fn is_first(&self) -> bool {
        self.clock.awaited().keys().next().is_none_or(|first| self.instant <= *first)
    }
}

impl Waiting {
    /// Returns true if the instant has passed, with a tolerance: of two equally long sleeps started one after the
    /// other, the second one ends later only by the cost of reading the clock. Does not advance the clock.
    pub(super) fn is_over(&self) -> bool {
        const NEAR: u64 = 100 * STEP;
        self.instant <= self.clock.0.now.load(Ordering::Relaxed).saturating_add(NEAR)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut awaited = self.clock.awaited();
        if let Some(count) = awaited.get_mut(&self.instant) {
            *count -= 1;
            if *count == 0 {
                awaited.remove(&self.instant);
            }
        }
    }
}
