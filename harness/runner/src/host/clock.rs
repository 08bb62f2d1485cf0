//! Clocks that show the same times in every run: sleeping moves them and takes no time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the wall clock shows, always: 2000-01-01T00:00:00Z, in seconds since 1970.
pub const WALL_CLOCK_SECONDS: u64 = 946_684_800;

/// Nanoseconds by which the monotonic clock moves when it is read, so that loops that wait for it end.
const STEP: u64 = 1000;

/// A wall clock that stands still, and a virtual monotonic clock that starts at 0. Clones are the same clock.
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    now: AtomicU64,
    /// Instants that somebody waits for, and how many do.
    awaited: Mutex<BTreeMap<u64, usize>>,
}

impl Clock {
    /// Nanoseconds of the monotonic clock. Reading takes one microsecond.
    pub fn monotonic(&self) -> u64 {
        self.0.now.fetch_add(STEP, Ordering::Relaxed)
    }

    /// Nanoseconds since 1970.
    pub fn wall(&self) -> u64 {
        WALL_CLOCK_SECONDS * 1_000_000_000
    }

    /// The resolution of both clocks in nanoseconds.
    pub fn resolution(&self) -> u64 {
        STEP
    }

    /// Lets nanoseconds pass.
    pub fn sleep(&self, nanoseconds: u64) {
        self.update(|now| now.saturating_add(nanoseconds));
    }

    /// Lets time pass until the monotonic clock shows `instant`, unless it already does.
    pub fn sleep_until(&self, instant: u64) {
        self.update(|now| now.max(instant));
    }

    /// Says that somebody waits for `instant`, until what this gives is dropped.
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

/// Somebody waits for an instant.
pub(super) struct Waiting {
    clock: Clock,
    instant: u64,
}

impl Waiting {
    /// Whether nobody waits for an earlier one.
    pub(super) fn is_first(&self) -> bool {
        self.clock.awaited().keys().next().is_none_or(|first| self.instant <= *first)
    }
}

impl Waiting {
    /// Whether the instant is past, or as good as that: of two sleeps that begin one after the other and are as long as each
    /// other, the second one ends later only by what looking at the clock takes. This look takes no time.
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
