//! Arguments of the bug-finding commands.

use std::path::PathBuf;

use clap::Args;
use polyfill_builder::side::Side;
use polyfill_lab::fuzz::Function;

/// Fuzz a candidate against a baseline with random programs, and report the differences
///
/// Programs are generated from a seed: the same seed and number of programs produce the same programs. Known
/// differences, including the bugs of the regression corpus, are listed in `known/calls.toml` in the suite directory. Every
/// other difference is a finding: it is shrunk and printed. The exit code is 0 only if there are no findings.
#[derive(Debug, Args)]
pub(crate) struct FuzzArgs {
    /// Seed of the program generator
    #[arg(long, value_name = "N", default_value = "0")]
    pub(crate) seed: u64,
    /// Number of programs, rounded up to a multiple of 64
    #[arg(long, value_name = "N", default_value = "4096")]
    pub(crate) programs: u64,
    /// Run for this many minutes, instead of a number of programs
    #[arg(long, value_name = "N", conflicts_with = "programs")]
    pub(crate) minutes: Option<f64>,
    /// Baseline
    #[arg(long, value_name = "SIDE", default_value = "native")]
    pub(crate) baseline: Side,
    /// Candidate
    #[arg(long, value_name = "SIDE", default_value = "reference-command@wasi")]
    pub(crate) candidate: Side,
    /// Generate only calls of this preview1 function; can be repeated
    #[arg(long, value_name = "FUNCTION", value_parser = function)]
    pub(crate) only: Vec<&'static Function>,
    /// Test every published release as the candidate; the releases share the time
    #[arg(long, conflicts_with = "candidate")]
    pub(crate) regressions: bool,
    /// Suite directory
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) suite: PathBuf,
    /// Write each finding to this directory, as a suite: guest, case and actual output
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Number of threads: at most 4 per processor, and at most 256
    #[arg(long, value_name = "N", default_value = "2")]
    pub(crate) jobs: usize,
}

/// Stress the initialization order and the re-entrancy of adapters
///
/// Calls each preview1 function as the first call of a guest, from inside the guest's allocator during a call of the
/// adapter, and repeatedly. Prints the outcome of each function as the first call; for each function and each
/// allocation in it, the outcome of that function and of every function called during the allocation; and the
/// resources that grow between 10 and 1000 calls.
#[derive(Debug, Args)]
pub(crate) struct StressArgs {
    /// Adapter: a published one, an adapter of the suite, or a file. Default host: wasi
    #[arg(value_name = "ADAPTER[@HOST]", default_value = "reference-command")]
    pub(crate) sides: Vec<Side>,
    /// Also test other shapes of guests: without an allocator, with a start function, with two memories, and so on
    #[arg(long)]
    pub(crate) shapes: bool,
    /// Suite directory
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) suite: PathBuf,
}

pub(super) fn function(text: &str) -> Result<&'static Function, String> {
    polyfill_lab::fuzz::function(text).ok_or_else(|| "unknown preview1 function".to_string())
}
