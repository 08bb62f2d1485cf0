//! File descriptors of the process, shared among concurrent runs.
//!
//! Open files of a guest use descriptors of the process. To prevent a guest from exhausting them, a run holds no more
//! resources than its share, whatever its limit on handles is. The share exceeds the default limit if the system allows
//! it.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Minimum number of resources of a run, however few descriptors are available.
const LEAST: usize = 16;

/// Minimum number of concurrent runs to plan for; more if the machine has more processors.
static RUNS: AtomicUsize = AtomicUsize::new(0);

/// Maximum number of descriptors of the process: the hard limit of the system, or `None` if it has no limit.
static DESCRIPTORS: LazyLock<Option<usize>> = LazyLock::new(raise);

/// Reserves descriptors for a number of concurrent runs.
pub(crate) fn expect_runs(runs: usize) {
    RUNS.fetch_max(runs, Ordering::Relaxed);
}

/// Returns the number of resources that a run may hold whose limit on handles is `handles`.
pub(crate) fn most(handles: usize) -> usize {
    let runs = RUNS.load(Ordering::Relaxed).max(thread::available_parallelism().map_or(1, usize::from));
    DESCRIPTORS.map_or(handles, |descriptors| handles.min(share(descriptors, runs)))
}

/// A quarter is reserved for the process itself.
fn share(descriptors: usize, runs: usize) -> usize {
    (descriptors / 4 * 3 / runs.max(1)).max(LEAST)
}

#[cfg(unix)]
fn raise() -> Option<usize> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    /// Sufficient for any suite. Some systems report no limit, but refuse to set an unlimited value.
    const ENOUGH: u64 = 1 << 16;
    let limits = getrlimit(Resource::Nofile);
    let now = limits.current?;
    let wanted = limits.maximum.map_or(ENOUGH, |maximum| maximum.min(ENOUGH)).max(now);
    let raised =
        wanted > now && setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limits.maximum }).is_ok();
    usize::try_from(if raised { wanted } else { now }).ok()
}

#[cfg(not(unix))]
fn raise() -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_leave_descriptors_to_the_process() {
        for (descriptors, runs) in [(256, 2), (1024, 16), (20_000, 64)] {
            assert!(share(descriptors, runs) * runs <= descriptors * 3 / 4, "{descriptors} for {runs}");
        }
        assert_eq!(share(20_000, 16), 937);
        assert_eq!(share(0, 0), LEAST);
        assert!(most(usize::MAX) >= LEAST && most(10) == 10);
    }
}
