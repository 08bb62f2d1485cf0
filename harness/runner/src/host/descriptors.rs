//! Descriptors of the process, shared among the runs of a suite.
//!
//! A guest's open files are the process's. So that no guest takes those of the others, a run holds no more resources than its
//! share, whatever its limit on handles is; the share is larger than the default limit wherever the system lets it be.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Resources that any run may hold, however few descriptors there are.
const LEAST: usize = 16;

/// Runs at a time, where there are more than processors.
static RUNS: AtomicUsize = AtomicUsize::new(0);

/// Descriptors that the process may have: as many as the system grants without more rights, or `None` where it sets no limit.
static DESCRIPTORS: LazyLock<Option<usize>> = LazyLock::new(raise);

/// Makes room for so many runs at a time.
pub(crate) fn expect_runs(runs: usize) {
    RUNS.fetch_max(runs, Ordering::Relaxed);
}

/// Resources that a run may hold whose limit on handles is `handles`.
pub(crate) fn most(handles: usize) -> usize {
    let runs = RUNS.load(Ordering::Relaxed).max(thread::available_parallelism().map_or(1, usize::from));
    DESCRIPTORS.map_or(handles, |descriptors| handles.min(share(descriptors, runs)))
}

/// A quarter is left to the process itself.
fn share(descriptors: usize, runs: usize) -> usize {
    (descriptors / 4 * 3 / runs.max(1)).max(LEAST)
}

#[cfg(unix)]
fn raise() -> Option<usize> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    /// More than any suite needs; some systems have no limit, and refuse to have that set.
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
