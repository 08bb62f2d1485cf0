//! Clocks that show the same times in every run: sleeping moves them and takes no time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the wall clock shows, always: 2000-01-01T00:00:00Z, in seconds since 1970.
pub const WALL_CLOCK_SECONDS: u64 = 946_684_800;

/// Nanoseconds by which the monotonic clock moves when it is read, so that loops that wait for it end.
const STEP: u64 = 1000;

/// A wall clock that stands still, and a virtual monotonic clock that starts at 0. Clones are the same clock.
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<AtomicU64>);

impl Clock {
    /// Nanoseconds of the monotonic clock. Reading takes one microsecond.
    pub fn monotonic(&self) -> u64 {
        self.0.fetch_add(STEP, Ordering::Relaxed)
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

    fn update(&self, f: impl Fn(u64) -> u64) {
        // The closure never declines, so there is nothing to handle.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| Some(f(now)));
    }
}
