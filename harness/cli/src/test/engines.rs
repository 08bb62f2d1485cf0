//! Selection of engines, by options and by suffixes of trial names.

use std::collections::BTreeSet;

use polyfill_runner::EngineKind;

use crate::args::TestArgs;

/// Engines named on the command line.
pub(super) struct Engines<'a> {
    args: &'a TestArgs,
}

impl<'a> Engines<'a> {
    pub(super) fn new(args: &'a TestArgs) -> Engines<'a> {
        Engines { args }
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
    ///
    /// # Errors
    ///
    /// The environment variable names an unknown engine.
    pub(super) fn kinds(&self) -> anyhow::Result<BTreeSet<EngineKind>> {
        let asked = match (&self.args.engines, self.args.all_engines) {
            (_, true) => EngineKind::ALL.to_vec(),
            (Some(engines), false) => engines.to_vec(),
            (None, false) => polyfill_runner::engines_of_environment()?,
        };
        let named = self.args.filters.iter().filter_map(|word| EngineKind::at_end(word).map(|(_, kind)| kind));
        let host = self.args.host.iter().filter_map(|host| EngineKind::at_end(host).map(|(_, kind)| kind));
        Ok(asked.into_iter().chain(named).chain(host).collect())
    }
}
