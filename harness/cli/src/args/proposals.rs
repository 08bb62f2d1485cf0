//! Arguments that enable proposals of core WebAssembly.

use clap::Args;
use polyfill_builder::case::Proposal;

/// Proposals that a command enables.
#[derive(Debug, Args)]
pub(crate) struct ProposalArgs {
    /// Enable proposals of core WebAssembly, separated by commas: `gc`, `custom-page-sizes`; can be repeated
    ///
    /// The engine's defaults and the proposals of a case (key `wasm`) stay enabled. Names are those of the option `-W`
    /// of the command `wasmtime`.
    #[arg(long, value_name = "FEATURE", value_delimiter = ',')]
    pub(crate) wasm: Vec<Proposal>,
}

impl ProposalArgs {
    /// Returns the option as written in a command line, with a space in front. Empty without proposals.
    pub(crate) fn option(&self) -> String {
        let names: Vec<String> = self.wasm.iter().map(ToString::to_string).collect();
        if names.is_empty() { String::new() } else { format!(" --wasm {}", names.join(",")) }
    }
}
