//! What a cell costs beyond compiling and the guest's own time: this harness against a bare loop over wasmtime, in turns in
//! one run.
//!
//! `cargo bench -p polyfill-runner --features bench --bench cells [-- --check]`: with `--check` the exit code is 0 only if
//! the bars hold.

mod bare;
mod memory;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use polyfill_build::Suite;
use polyfill_build::index::{Artifact, Cell, Index};
use polyfill_runner::{Runner, Verdict};

use crate::bare::Bare;

/// Cells of the suite, each run again and again: programs in three languages, input, output, arguments. None has files, which the harness
/// lays out anew for each run.
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
/// Runs of all of them between two turns.
const IN_TURN: usize = 5;
/// Turns: with `CELLS` and `IN_TURN` that makes 1,000 cells.
const TURNS: usize = 25;

/// Our time for a cell by that of the bare loop, both without the guest's own: no more than this.
const BAR: f64 = 1.5;
/// Bytes by which peak memory may grow while another 1,000 cells run: what an allocator does not give back.
const GROWTH: u64 = 2 << 20;

fn main() -> ExitCode {
    let check = std::env::args().any(|argument| argument == "--check");
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let built = Suite::new(root).filter(CELLS).progress(|line| eprintln!("{line}")).build().expect("the suite builds");
    let runner = Runner::new(&built.out_dir).root(root);
    let index = runner.index().expect("an index");
    let cells: Vec<&Cell> = index.cells.iter().filter(|cell| CELLS.contains(&cell.name().as_str())).collect();
    let (cells, ignored): (Vec<&Cell>, Vec<&Cell>) =
        cells.into_iter().partition(|cell| matches!(cell.artifact, Artifact::Component(_)));
    for cell in ignored {
        println!("left out: {} ({:?})", cell.name(), cell.artifact);
    }
    let bare: Vec<Bare> = cells.iter().map(|cell| Bare::new(&built.out_dir, &index, cell)).collect();

    // Everything is compiled before the first turn.
    turn(&runner, &index, &cells);
    bare.iter().for_each(|bare| drop(bare.run()));
    let mut times = vec![Times::default(); cells.len()];
    for _ in 0..TURNS {
        for ((cell, bare), times) in cells.iter().zip(&bare).zip(&mut times) {
            times.ours.push(turn(&runner, &index, &[cell]));
            let start = Instant::now();
            let own: Duration = (0..IN_TURN).map(|_| bare.run()).sum();
            times.theirs.push(start.elapsed());
            times.own.push(own);
        }
    }
    println!("| a run of, µs | harness | bare loop | guest's own | ratio without the guest's own |");
    println!("|---|--:|--:|--:|--:|");
    let mut sums = [0.0; 3];
    for (cell, times) in cells.iter().zip(&mut times) {
        let medians = [&mut times.ours, &mut times.theirs, &mut times.own].map(median);
        row(&format!("`{}::{}`", cell.guest, cell.case), medians);
        sums.iter_mut().zip(medians).for_each(|(sum, median)| *sum += median);
    }
    let ratio = row("all", sums.map(|sum| sum / cells.len() as f64));
    println!("\n{} runs of each kind", TURNS * IN_TURN * cells.len());

    let before = memory::peak();
    for _ in 0..TURNS {
        turn(&runner, &index, &cells);
    }
    let grown = memory::peak().zip(before).map(|(after, before)| after - before);
    match grown {
        Some(grown) => println!("\npeak memory after as many cells again: {} KiB more", grown >> 10),
        None => println!("\npeak memory: not known on this system"),
    }
    let holds = ratio <= BAR && grown.is_none_or(|grown| grown <= GROWTH);
    if check && !holds {
        println!("above a bar: ratio {BAR}, growth {} KiB", GROWTH >> 10);
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// What turns took.
#[derive(Clone, Default)]
struct Times {
    ours: Vec<Duration>,
    theirs: Vec<Duration>,
    own: Vec<Duration>,
}

/// Of one run, in microseconds.
fn median(times: &mut Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e6 / IN_TURN as f64
}

/// Prints a line; the ratio.
fn row(name: &str, [ours, theirs, own]: [f64; 3]) -> f64 {
    let ratio = (ours - own) / (theirs - own);
    println!("| {name} | {ours:.0} | {theirs:.0} | {own:.0} | {ratio:.2} |");
    ratio
}

fn turn(runner: &Runner, index: &Index, cells: &[&Cell]) -> Duration {
    let start = Instant::now();
    for cell in (0..IN_TURN).flat_map(|_| cells) {
        let result = runner.run_cell(index, cell);
        assert!(matches!(result.verdict, Verdict::Passed), "{}: {:?}", result.name, result.verdict);
    }
    start.elapsed()
}
