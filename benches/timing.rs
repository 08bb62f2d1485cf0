//! Measures several pieces of work in turns, so that other load on the machine affects all of them alike.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Minimum duration of a sample, reached by repetition. It is long enough that page faults after a larger piece of work
/// are negligible.
const SAMPLE: Duration = Duration::from_millis(3);
/// Duration of all turns.
const BUDGET: Duration = Duration::from_millis(3000);
/// Minimum number of turns.
const TURNS: usize = 15;

/// Returns the median time of each piece of work in seconds.
pub fn medians(works: &[&dyn Fn() -> usize]) -> Vec<f64> {
    let repeats: Vec<u32> = works.iter().map(|work| repeats(work)).collect();
    let mut samples: Vec<Vec<f64>> = vec![Vec::new(); works.len()];
    let start = Instant::now();
    while samples.iter().any(|taken| taken.len() < TURNS) || start.elapsed() < BUDGET {
        for ((work, repeats), samples) in works.iter().zip(&repeats).zip(&mut samples) {
            let start = Instant::now();
            for _ in 0..*repeats {
                black_box(work());
            }
            samples.push(start.elapsed().as_secs_f64() / f64::from(*repeats));
        }
    }
    samples.iter_mut().map(|samples| median(samples)).collect()
}

/// Returns the number of repetitions per sample.
fn repeats(work: &dyn Fn() -> usize) -> u32 {
    black_box(work());
    let mut repeats = 1;
    loop {
        let start = Instant::now();
        for _ in 0..repeats {
            black_box(work());
        }
        if start.elapsed() >= SAMPLE {
            return repeats;
        }
        repeats *= 2;
    }
}

/// Returns the median; of an even number of values, the upper one of the middle two.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
