//! Arguments of `polyfill inject`.

use std::path::PathBuf;

use clap::Args;
use polyfill_builder::side::Side;
use polyfill_lab::fuzz::Function;

use super::ProposalArgs;
use super::lab::function;

/// Inject one fault into each host call, and check the reaction of the adapter
///
/// Each case first runs without a fault. Then it runs again once per fault: for each host call, with an error, a
/// shorter or different value, or a trap as its response; and for each memory.grow, with a failure. The adapter must
/// return the corresponding errno, leak nothing, and work in the next call.
///
/// Other reactions are findings unless `known/faults.toml` in the suite directory lists them as known. The file also defines
/// the default selection. Each finding is printed with the command that reproduces it. The exit code is 0 only if
/// there are no findings and each known reaction occurs.
#[derive(Debug, Args)]
pub(crate) struct InjectArgs {
    /// Select trials by name: run only trials whose name contains one of these strings
    #[arg(value_name = "FILTER")]
    pub(crate) filters: Vec<String>,
    /// Suite directory
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) suite: PathBuf,
    /// Adapter to test: ADAPTER or ADAPTER@HOST; can be repeated. Default host: wasi
    #[arg(long = "adapter", value_name = "SIDE")]
    pub(crate) adapters: Vec<Side>,
    /// Inject faults only in this preview1 function; can be repeated
    #[arg(long, value_name = "FUNCTION", value_parser = function)]
    pub(crate) only: Vec<&'static Function>,
    /// Inject a single fault and print all calls of that run: K is the number of the call, WAY the kind of fault
    #[arg(long, value_name = "K:WAY", conflicts_with_all = ["only", "json"])]
    pub(crate) fault: Option<String>,
    #[command(flatten)]
    pub(crate) proposals: ProposalArgs,
    /// Write the report to a file as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Number of threads: at most 4 per processor, and at most 256
    #[arg(long, value_name = "N", default_value = "2")]
    pub(crate) jobs: usize,
}
