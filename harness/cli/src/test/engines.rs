//! Selection of engines, by options and by suffixes of trial names.

use std::collections::BTreeSet;

use polyfill_runner::{EngineKind, Options};

use crate::args::TestArgs;

/// Engines named on the command line, or else in the environment.
pub(super) struct Engines<'a> {
    args: &'a TestArgs,
    options: &'a Options,
}

impl<'a> Engines<'a> {
    pub(super) fn new(args: &'a TestArgs, options: &'a Options) -> Engines<'a> {
        Engines { args, options }
    }

    /// Returns the filters for the build, without engine suffixes: the build does not depend on engines.
    pub(super) fn filters(&self) -> Vec<String> {
        self.args
            .filters
            .iter()
            .map(|word| EngineKind::at_end(word).map_or(word.as_str(), |(rest, _)| rest).to_string())
            .collect()
    }

    /// Returns the selected engines, including those that trial names end with.
    pub(super) fn kinds(&self) -> BTreeSet<EngineKind> {
        let asked = match (&self.args.engines, self.args.all_engines) {
            (_, true) => EngineKind::ALL.to_vec(),
            (Some(engines), false) => engines.to_vec(),
            (None, false) => self.options.engines.clone().unwrap_or(vec![EngineKind::default()]),
        };
        let named = self.args.filters.iter().filter_map(|word| EngineKind::at_end(word).map(|(_, kind)| kind));
        let host = self.args.host.iter().filter_map(|host| EngineKind::at_end(host).map(|(_, kind)| kind));
        asked.into_iter().chain(named).chain(host).collect()
    }
}
