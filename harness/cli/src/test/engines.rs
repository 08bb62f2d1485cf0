//! Engines, by their own arguments and in the names of trials.

use std::collections::BTreeSet;

use polyfill_runner::EngineKind;

use crate::args::TestArgs;

/// What the command line says of engines.
pub(super) struct Engines<'a> {
    args: &'a TestArgs,
}

impl<'a> Engines<'a> {
    pub(super) fn new(args: &'a TestArgs) -> Engines<'a> {
        Engines { args }
    }

    /// The words for the build, which knows nothing of engines: a trial's name without the one that it ends with.
    pub(super) fn filters(&self) -> Vec<String> {
        self.args
            .filters
            .iter()
            .map(|word| EngineKind::at_end(word).map_or(word.as_str(), |(rest, _)| rest).to_string())
            .collect()
    }

    /// Those that are asked for, and those that the names of trials end with.
    pub(super) fn kinds(&self) -> BTreeSet<EngineKind> {
        let asked = if self.args.all_engines { &EngineKind::ALL[..] } else { &self.args.engines[..] };
        let named = self.args.filters.iter().filter_map(|word| EngineKind::at_end(word).map(|(_, kind)| kind));
        let host = self.args.host.iter().filter_map(|host| EngineKind::at_end(host).map(|(_, kind)| kind));
        asked.iter().copied().chain(named).chain(host).collect()
    }
}
