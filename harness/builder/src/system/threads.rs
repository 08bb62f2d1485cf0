//! Threads for a list of work, and their number, which users and variables can set, within bounds.

use std::num::NonZero;
use std::panic;
use std::sync::{Mutex, Once, PoisonError};
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

/// Runs `work` on each item, on up to `threads` threads that start the items in order. Returns the results in that order.
///
/// This is for work that runs guests. It is not a pool of rayon, because wasmtime compiles functions in such a pool: a
/// thread of a pool that waits for others starts another item meanwhile, inside of the first one. The stack would contain
/// both, the time of the first would include the second, and a lock of the first that the second needs would never be
/// released. The threads here wait.
///
/// # Panics
///
/// Panics like `work`, after all threads have ended.
pub fn map<I, R>(threads: usize, items: I, work: impl Fn(I::Item) -> R + Sync) -> Vec<R>
where
    I: IntoIterator<IntoIter: Send>,
    R: Send,
{
    let items = items.into_iter().enumerate();
    let threads = threads.min(items.size_hint().1.unwrap_or(usize::MAX));
    let queue = Mutex::new(items);
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let run = || std::iter::from_fn(next).map(|(number, item)| (number, work(item))).collect::<Vec<_>>();
    let mut results: Vec<(usize, R)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, _>| thread.join().unwrap_or_else(|p| panic::resume_unwind(p));
        threads.into_iter().flat_map(join).collect()
    });
    results.sort_unstable_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn results_have_the_order_of_the_items() {
        let late = |number: u64| thread::sleep(std::time::Duration::from_millis(5 - number));
        let doubled = map(3, 0..5, |number| {
            late(number);
            number * 2
        });
        assert_eq!(doubled, [0, 2, 4, 6, 8]);
        assert_eq!(map(3, [0; 0], |number| number), [0; 0]);
    }

    #[test]
    fn items_run_at_the_same_time_and_start_in_order() {
        let (together, started) = (Barrier::new(2), Mutex::new(Vec::new()));
        map(2, 0..2, |_| together.wait());
        map(1, 0..9, |number| started.lock().unwrap().push(number));
        assert_eq!(started.into_inner().unwrap(), (0..9).collect::<Vec<_>>());
    }

    #[test]
    #[should_panic(expected = "item 1")]
    fn panics_are_passed_on() {
        map(2, 0..3, |number| assert!(number != 1, "item {number}"));
    }

    #[test]
    fn numbers_of_threads_are_bounded() {
        assert_eq!([0, 1, 7, 8, 9, 100_000, usize::MAX].map(|wanted| within(wanted, 2)), [1, 1, 7, 8, 8, 8, 8]);
        assert_eq!(within(usize::MAX, 200), MOST);
    }
}
