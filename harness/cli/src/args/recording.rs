//! Arguments of the commands for recordings.

use std::path::PathBuf;

use clap::Args;
use polyfill_runner::EngineKind;

use super::{LimitArgs, ProposalArgs};

/// Record a trial in a single file, for replay without the suite
///
/// The file is the component that ran. Custom sections hold the case, the calls across both boundaries, the core
/// module of the guest, and the adapters. Any component tool accepts the file.
#[derive(Debug, Args)]
pub(crate) struct RecordArgs {
    /// Name of the trial, as printed by `polyfill test --list`: guest::case::adapter::host
    #[arg(value_name = "TRIAL")]
    pub(crate) trial: String,
    /// Suite directory
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) suite: PathBuf,
    /// File to write
    #[arg(short, long, value_name = "OUT.wasm")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) proposals: ProposalArgs,
}

/// Replay a recording without a host, and report differences
///
/// Each call of the host gets its recorded response. The run has no access to this machine. The exit code is 0 only
/// if the replay is identical: outcome, results, each call across the component boundary, and the failures of the
/// trial.
///
/// The limits are those of the recorded case, but at most 60 seconds of processor time, 1 GiB of memory, 64 MiB of
/// output, 64 MiB of files, and 1000 handles, because a recording can come from an untrusted source. `--limit` raises
/// them.
#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// Recording to read
    #[arg(value_name = "RECORDING")]
    pub(crate) recording: PathBuf,
    /// Replace the adapter: a published adapter, or a file. Accepts a different order of calls
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) adapter: Option<PathBuf>,
    /// Engine to run on
    #[arg(long, value_name = "NAME", default_value = "cranelift")]
    pub(crate) engine: EngineKind,
    /// Run on this host instead of the recorded responses, with the files and other inputs of the case
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,
    /// Accept a different order of calls
    #[arg(long)]
    pub(crate) tolerant: bool,
    #[command(flatten)]
    pub(crate) proposals: ProposalArgs,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

/// Print the contents of a recording
///
/// Prints the first and the last 200 calls of a longer trace, and the first 400 lines of a longer text. Control
/// characters are escaped.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Recording to read
    #[arg(value_name = "RECORDING")]
    pub(crate) recording: PathBuf,
    /// Print all calls and all lines
    #[arg(long)]
    pub(crate) all: bool,
}

/// Shrink the guest of a recording to the code that the failure needs
///
/// The smaller recording fails in the same way: the run ends with the same outcome at the same place, and all
/// failures of the trial persist, for example the first wrong line of standard output. The host calls are preserved
/// too if the trial did not fail, or if its failure depends on the host, for example on files. The line `preserved:`
/// reports the preserved properties.
///
/// The limits are those of `polyfill replay`.
#[derive(Debug, Args)]
pub(crate) struct ShrinkArgs {
    /// Recording to read
    #[arg(value_name = "RECORDING")]
    pub(crate) recording: PathBuf,
    /// File to write [default: overwrite RECORDING]
    #[arg(short, long, value_name = "OUT.wasm")]
    pub(crate) output: Option<PathBuf>,
    /// Shrink the case first, with runs on this host: arguments, environment variables, files, standard input
    ///
    /// The trace of the result is that of the smaller case. The guest has access only to a private directory, as in
    /// any run.
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,
    /// Preserve all host calls, in addition to the outcome and the failures
    #[arg(long)]
    pub(crate) calls: bool,
    /// Time limit in seconds; with `--host`, the same limit applies to the case and to the code separately
    #[arg(long, value_name = "N", default_value_t = 600)]
    pub(crate) seconds: u64,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

/// Convert a recording to a standalone component without imports
///
/// The component contains a replaying host: any component runtime reproduces the run. If the recorded host ended the
/// run, the component traps.
#[derive(Debug, Args)]
pub(crate) struct StandaloneArgs {
    /// Recording to read
    #[arg(value_name = "RECORDING")]
    pub(crate) recording: PathBuf,
    /// File to write
    #[arg(short, long, value_name = "OUT.wasm")]
    pub(crate) output: PathBuf,
}
