//! Verbs that look for bugs.

use std::path::PathBuf;

use clap::Args;
use polyfill_build::side::Side;
use polyfill_lab::hunt::Function;

/// Run random calls on two sides, and tell where they differ
///
/// Programs come from a seed: the same ones for the same seed and number of programs. Each difference is named by a rule of
/// hunt.toml in the suite's folder, which knows the bugs of the museum too, or it is made small and told as a finding.
/// The exit code is 0 only if there is no finding.
#[derive(Debug, Args)]
pub(crate) struct HuntArgs {
    /// Where programs come from
    #[arg(long, value_name = "N", default_value = "0")]
    pub(crate) seed: u64,
    /// How many programs; rounded up to a multiple of 64
    #[arg(long, value_name = "N", default_value = "4096")]
    pub(crate) programs: u64,
    /// As many programs as there is time for, in place of a number of them
    #[arg(long, value_name = "N", conflicts_with = "programs")]
    pub(crate) minutes: Option<f64>,
    /// What is compared with
    #[arg(long, value_name = "SIDE", default_value = "native")]
    pub(crate) old: Side,
    /// What is compared
    #[arg(long, value_name = "SIDE", default_value = "reference-command@wasi")]
    pub(crate) new: Side,
    /// Only calls of this function; may be given several times
    #[arg(long, value_name = "FUNCTION", value_parser = function)]
    pub(crate) only: Vec<&'static Function>,
    /// Every published release in place of one; the time is shared
    #[arg(long, conflicts_with = "new")]
    pub(crate) museum: bool,
    /// The suite's folder
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) suite: PathBuf,
    /// Write each finding as a guest, its case and what was seen, into a folder that is a suite then
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Threads: at most 4 for each processor, and 256
    #[arg(long, value_name = "N", default_value = "2")]
    pub(crate) jobs: usize,
}

/// Call each function of preview1 first, each out of the guest's allocator while an adapter asks it for memory, and each again
/// and again
///
/// Prints how each ends as the very first call; for each function and each allocation in it, what becomes of it and of each
/// other one that is called meanwhile; and what there is more of after a thousand calls than after ten.
#[derive(Debug, Args)]
pub(crate) struct EntryArgs {
    /// Adapters, each with @HOST behind it if it is not for `wasi`: published ones, the suite's own, files
    #[arg(value_name = "ADAPTER[@HOST]", default_value = "reference-command")]
    pub(crate) sides: Vec<Side>,
    /// In guests of other shapes, too: without an allocator, with a start function, with two memories, and so on
    #[arg(long)]
    pub(crate) shapes: bool,
    /// The suite's folder
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) suite: PathBuf,
}

pub(super) fn function(text: &str) -> Result<&'static Function, String> {
    polyfill_lab::hunt::function(text).ok_or_else(|| "no function of preview1".to_string())
}
