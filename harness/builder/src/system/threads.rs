//! Bounds the numbers of threads that users and environment variables set.

use std::num::NonZero;
use std::sync::Once;
use std::thread;

use super::variables;

/// Maximum number of threads for each processor.
const FOR_EACH_PROCESSOR: usize = 4;

/// Maximum number of threads of a pool.
const MOST: usize = 256;

/// Returns the number of processors, at most 256.
pub fn processors() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get).min(MOST)
}

/// Returns a requested number of threads within its bounds: at least 1, and at most 4 for each processor and 256 in
/// total. Results do not depend on the number.
pub fn bounded(wanted: usize) -> usize {
    within(wanted, processors())
}

fn within(wanted: usize, processors: usize) -> usize {
    wanted.clamp(1, (processors * FOR_EACH_PROCESSOR).min(MOST))
}

/// Creates rayon's global pool, which the build and wasmtime's compiler use, with a [`bounded`] number of threads.
/// Default without `RAYON_NUM_THREADS`: one for each processor. An existing pool is kept.
pub fn bound_rayon() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let wanted = variables::text("RAYON_NUM_THREADS").and_then(|text| text.trim().parse().ok());
        let threads = wanted.filter(|&number: &usize| number > 0).map_or_else(processors, bounded);
        // Fails if the pool exists.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_threads_are_bounded() {
        assert_eq!([0, 1, 7, 8, 9, 100_000, usize::MAX].map(|wanted| within(wanted, 2)), [1, 1, 7, 8, 8, 8, 8]);
        assert_eq!(within(usize::MAX, 200), MOST);
    }
}
