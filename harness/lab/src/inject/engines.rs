//! Engines for the cases of a suite, by the proposals that a case enables.

use std::collections::{BTreeMap, BTreeSet};

use polyfill_builder::case::{Case, Proposal};
use polyfill_builder::index::Index;
use polyfill_runner::{Compiler, Engine, EngineKind, EngineOptions};

/// Engines by their proposals.
pub(super) struct Engines {
    /// Proposals that are enabled in all cases.
    common: BTreeSet<Proposal>,
    /// An engine, or the reason why there is none.
    engines: BTreeMap<BTreeSet<Proposal>, Result<Engine, String>>,
}

impl Engines {
    /// Creates an engine for each set of proposals in the cases of an index.
    pub(super) fn new(common: &BTreeSet<Proposal>, index: &Index) -> Self {
        let sets: BTreeSet<_> = index.cases.values().map(|entry| &entry.case.wasm | common).collect();
        let engines = sets.into_iter().map(|proposals| (proposals.clone(), engine(proposals))).collect();
        Self { common: common.clone(), engines }
    }

    /// Returns the engine of a case.
    pub(super) fn of(&self, case: &Case) -> Result<&Engine, String> {
        match self.engines.get(&(&case.wasm | &self.common)) {
            Some(engine) => engine.as_ref().map_err(Clone::clone),
            None => Err("the index has no such case".into()),
        }
    }
}

/// Creates an engine. Memories come from a pool, because their setup would take longer than most runs.
fn engine(proposals: BTreeSet<Proposal>) -> Result<Engine, String> {
    let kind = EngineKind { compiler: Compiler::Cranelift, pooling: true };
    let options = EngineOptions { kind, proposals, ..EngineOptions::default() };
    Engine::with_options(&options, None).map_err(|error| error.to_string())
}
