//! What `polyfill sweep` takes.

use std::path::PathBuf;

use clap::Args;
use polyfill_build::side::Side;
use polyfill_lab::hunt::Function;

use super::lab::function;

/// Let each call of the host fail once, in every way that its type allows, and tell what adapters make of it
///
/// Each case is run without a fault first. Then, for each call of the host that it makes, it is run again with that call
/// answered by an error, a smaller or other value, or a trap; and for each growth of memory, with that refused. An adapter
/// has to give the errno that says the same, to leak nothing, and to work at the next call. What else it does is named by a
/// rule of sweep.toml in the suite's folder, which also says what is swept if nothing else is asked for; or it is wrong, and
/// told with the command that repeats it. The exit code is 0 only if nothing is wrong, and each rule is seen at work.
#[derive(Debug, Args)]
pub(crate) struct SweepArgs {
    /// Only trials whose names contain one of these words
    #[arg(value_name = "FILTER")]
    pub(crate) filters: Vec<String>,
    /// The suite's folder
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) suite: PathBuf,
    /// The adapter, ADAPTER or ADAPTER@HOST, on wasi if no host is named; may be given several times
    #[arg(long = "adapter", value_name = "SIDE")]
    pub(crate) adapters: Vec<Side>,
    /// Only faults in this function of preview1; may be given several times
    #[arg(long, value_name = "FUNCTION", value_parser = function)]
    pub(crate) only: Vec<&'static Function>,
    /// One fault of one case, and all calls of that run: the number of the call, and the way in which it fails
    #[arg(long, value_name = "K:WAY", conflicts_with_all = ["only", "json"])]
    pub(crate) fault: Option<String>,
    /// Write everything to a file as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Threads: at most 4 for each processor, and 256
    #[arg(long, value_name = "N", default_value = "2")]
    pub(crate) jobs: usize,
}
