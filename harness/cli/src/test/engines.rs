//! Engines, by their own arguments and in the names of trials.

use std::collections::BTreeSet;

use polyfill_build::index::ENGINE;
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
        self.args.filters.iter().map(|word| split(word).map_or(word.as_str(), |(rest, _)| rest).to_string()).collect()
    }

    /// Those that are asked for, and those that the names of trials end with.
    pub(super) fn kinds(&self) -> BTreeSet<EngineKind> {
        let asked = if self.args.all_engines { &EngineKind::ALL[..] } else { &self.args.engines[..] };
        let named = self.args.filters.iter().filter_map(|word| split(word).map(|(_, kind)| kind));
        let host = self.args.host.iter().filter_map(|host| split(host).map(|(_, kind)| kind));
        asked.iter().copied().chain(named).chain(host).collect()
    }
}

/// A trial's name, or a host, that ends with an engine: what is before it, and the engine.
fn split(name: &str) -> Option<(&str, EngineKind)> {
    let (rest, word) = name.rsplit_once(ENGINE)?;
    Some((rest, word.parse().ok()?))
}
