//! Numbers of threads, which users and variables can set, within bounds.

use std::num::NonZero;
use std::sync::Once;
use std::thread;

use super::variables;

/// Threads for each processor, at most.
const FOR_EACH_PROCESSOR: usize = 4;

/// Threads of a pool, at most.
const MOST: usize = 256;

/// The number of processors, at most 256.
pub fn processors() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get).min(MOST)
}

/// A number of threads as asked for, at least 1 and at most 4 for each processor and 256 in all. Results do not depend on
/// the number.
pub fn bounded(wanted: usize) -> usize {
    within(wanted, processors())
}

fn within(wanted: usize, processors: usize) -> usize {
    wanted.clamp(1, (processors * FOR_EACH_PROCESSOR).min(MOST))
}

/// Makes rayon's global pool, which the build and the compiler of wasmtime use, with a bounded number of threads:
/// `RAYON_NUM_THREADS` as far as [`bounded`] goes, or one for each processor. A pool that is there already stays.
pub fn bound_rayon() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let wanted = variables::text("RAYON_NUM_THREADS").and_then(|text| text.trim().parse().ok());
        let threads = wanted.filter(|&number: &usize| number > 0).map_or_else(processors, bounded);
        // An error says that there is a pool.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_threads_have_bounds() {
        assert_eq!([0, 1, 7, 8, 9, 100_000, usize::MAX].map(|wanted| within(wanted, 2)), [1, 1, 7, 8, 8, 8, 8]);
        assert_eq!(within(usize::MAX, 200), MOST);
    }
}
