//! Verbs for a run in one file.

use std::path::PathBuf;

use clap::Args;
use polyfill_runner::EngineKind;

use super::LimitArgs;

/// Run a trial of a suite, and keep everything that it needs to happen again in one file
///
/// The file is the component that ran, with the case, the calls across both boundaries, the guest's core module and the
/// adapters in custom sections: any tool for components takes it as it is.
#[derive(Debug, Args)]
pub(crate) struct RecordArgs {
    /// The trial: guest::case::adapter::host, as `polyfill test --list` has it
    #[arg(value_name = "TRIAL")]
    pub(crate) trial: String,
    /// The suite's folder
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) suite: PathBuf,
    /// The file to write
    #[arg(short, long, value_name = "OUT.wasm")]
    pub(crate) output: PathBuf,
}

/// Play a recorded run again, from its file alone
///
/// There is no host: calls are answered as they were when the run was recorded, and nothing of this machine is read or
/// written. The exit code is 0 if everything is the same: outcome, results, each call across the component boundary, and what
/// made the trial fail.
/// The limits are those of the recorded case, but no more than 60 seconds of processor time, 1 GiB of memory, 64 MiB of output
/// and of files, and 1000 handles: a recording may be a stranger's. --limit gives it more.
#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// The file
    #[arg(value_name = "BUNDLE")]
    pub(crate) bundle: PathBuf,
    /// With another adapter: a published one, or a file; its calls may come in another order
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) adapter: Option<PathBuf>,
    /// On another engine
    #[arg(long, value_name = "NAME", default_value = "cranelift")]
    pub(crate) engine: EngineKind,
    /// On a host in place of the trace: with what the case has, its files among it
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,
    /// Take calls in another order as well
    #[arg(long)]
    pub(crate) tolerant: bool,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

/// Print what is in a recorded run
///
/// Of a long trace the first and the last 200 calls are printed, of a long text the first 400 lines. Control characters are
/// escaped.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The file
    #[arg(value_name = "BUNDLE")]
    pub(crate) bundle: PathBuf,
    /// Print all calls and all lines, however many there are
    #[arg(long)]
    pub(crate) all: bool,
}

/// Leave out of a recorded run's guest what the run does not need
///
/// The smaller file fails in the same way: the run ends with the same outcome at the same place, and everything that made the
/// trial fail is still seen, for instance the first line of standard output that is not the expected one. Calls of the host
/// are all kept if the trial did not fail, or if it failed by something that only a host shows, such as files. The line
/// `preserved:` says what it was. Limits are those of `polyfill
/// replay`.
#[derive(Debug, Args)]
pub(crate) struct ShrinkArgs {
    /// The file
    #[arg(value_name = "BUNDLE")]
    pub(crate) bundle: PathBuf,
    /// The file to write [default: BUNDLE itself]
    #[arg(short, long, value_name = "OUT.wasm")]
    pub(crate) output: Option<PathBuf>,
    /// Make the case smaller first, by runs on this host: arguments, variables, files, standard input
    ///
    /// The trace is that of the smaller case then. What the guest can reach is a private folder, as in any run.
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,
    /// Keep all calls of the host as well, not only how the run ends and what made the trial fail
    #[arg(long)]
    pub(crate) calls: bool,
    /// Seconds that it may take; with --host, as many for the case as for the code
    #[arg(long, value_name = "N", default_value_t = 600)]
    pub(crate) seconds: u64,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

/// Make a component without imports of a recorded run: it plays the recorded host by itself
///
/// Any runtime for components shows what it shows. Where the host ended the run, the frozen one traps.
#[derive(Debug, Args)]
pub(crate) struct FreezeArgs {
    /// The file
    #[arg(value_name = "BUNDLE")]
    pub(crate) bundle: PathBuf,
    /// The file to write
    #[arg(short, long, value_name = "OUT.wasm")]
    pub(crate) output: PathBuf,
}
