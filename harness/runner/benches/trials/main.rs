//! Overhead of a trial beyond compilation and the guest's own time, compared with a plain wasmtime loop. Both alternate
//! within one process.
//!
//! `cargo bench -p polyfill-runner --features bench --bench trials [-- --check]`: with `--check`, exceeding a threshold
//! fails the benchmark.

mod bare;
mod memory;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use polyfill_builder::Suite;
use polyfill_builder::index::{Artifact, Index, Trial};
use polyfill_runner::{Runner, Verdict};

use crate::bare::Bare;

/// Trials to measure: programs in three languages, with input, output and arguments. None has files, which the harness
/// creates anew for each run.
const CELLS: [&str; 8] = [
    "hello::plain::reference-command::wasi",
    "args::several::reference-command::wasi",
    "env::several::reference-command::wasi",
    "stdin::echo::reference-command::wasi",
    "hashmap::words::reference-command::wasi",
    "c-program::plain::reference-command::wasi",
    "assemblyscript-program::plain::reference-command::wasi",
    "exit::return::reference-command::wasi",
];
/// Runs of each trial per round.
const IN_TURN: usize = 5;
/// Number of rounds. With `CELLS` and `IN_TURN`, this makes 1,000 runs.
const TURNS: usize = 25;

/// Maximum ratio of the harness's time per trial to the plain loop's, both without the guest's own time.
const BAR: f64 = 1.5;
/// Maximum growth of peak memory in bytes during another 1,000 runs, to detect leaks.
const GROWTH: u64 = 2 << 20;

fn main() -> ExitCode {
    let check = std::env::args().any(|argument| argument == "--check");
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let built =
        Suite::from_env(root).filter(CELLS).progress(|line| eprintln!("{line}")).build().expect("the suite builds");
    let runner = Runner::new(&built.out_dir).root(root);
    let index = runner.index().expect("an index");
    let trials: Vec<&Trial> = index.trials.iter().filter(|trial| CELLS.contains(&trial.name().as_str())).collect();
    let (trials, ignored): (Vec<&Trial>, Vec<&Trial>) =
        trials.into_iter().partition(|trial| matches!(trial.artifact, Artifact::Component(_)));
    for trial in ignored {
        println!("skipped: {} ({:?})", trial.name(), trial.artifact);
    }
    let bare: Vec<Bare> = trials.iter().map(|trial| Bare::new(&built.out_dir, &index, trial)).collect();

    // Compile everything before the first round.
    turn(&runner, &index, &trials);
    bare.iter().for_each(|bare| drop(bare.run()));
    let mut times = vec![Times::default(); trials.len()];
    for _ in 0..TURNS {
        for ((trial, bare), times) in trials.iter().zip(&bare).zip(&mut times) {
            times.ours.push(turn(&runner, &index, &[trial]));
            let start = Instant::now();
            let own: Duration = (0..IN_TURN).map(|_| bare.run()).sum();
            times.theirs.push(start.elapsed());
            times.own.push(own);
        }
    }
    println!("| time per run, µs | harness | bare loop | guest's own | ratio without the guest's own |");
    println!("|---|--:|--:|--:|--:|");
    let mut sums = [0.0; 3];
    for (trial, times) in trials.iter().zip(&mut times) {
        let medians = [&mut times.ours, &mut times.theirs, &mut times.own].map(median);
        row(&format!("`{}::{}`", trial.guest, trial.case), medians);
        sums.iter_mut().zip(medians).for_each(|(sum, median)| *sum += median);
    }
    let ratio = row("all", sums.map(|sum| sum / trials.len() as f64));
    println!("\n{} runs of each kind", TURNS * IN_TURN * trials.len());

    let before = memory::peak();
    for _ in 0..TURNS {
        turn(&runner, &index, &trials);
    }
    let grown = memory::peak().zip(before).map(|(after, before)| after - before);
    match grown {
        Some(grown) => println!("\ngrowth of peak memory during a second pass: {} KiB", grown >> 10),
        None => println!("\npeak memory: unavailable on this system"),
    }
    let holds = ratio <= BAR && grown.is_none_or(|grown| grown <= GROWTH);
    if check && !holds {
        println!("threshold exceeded: ratio {BAR}, growth {} KiB", GROWTH >> 10);
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Durations of the rounds.
#[derive(Clone, Default)]
struct Times {
    ours: Vec<Duration>,
    theirs: Vec<Duration>,
    own: Vec<Duration>,
}

/// Returns the time per run in microseconds.
fn median(times: &mut Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e6 / IN_TURN as f64
}

/// Prints a line and returns the ratio.
fn row(name: &str, [ours, theirs, own]: [f64; 3]) -> f64 {
    let ratio = (ours - own) / (theirs - own);
    println!("| {name} | {ours:.0} | {theirs:.0} | {own:.0} | {ratio:.2} |");
    ratio
}

fn turn(runner: &Runner, index: &Index, trials: &[&Trial]) -> Duration {
    let start = Instant::now();
    for trial in (0..IN_TURN).flat_map(|_| trials) {
        let result = runner.run_trial(index, trial);
        assert!(matches!(result.verdict, Verdict::Passed), "{}: {:?}", result.name, result.verdict);
    }
    start.elapsed()
}
