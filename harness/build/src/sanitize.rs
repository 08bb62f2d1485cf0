//! Sanitized runs: what a component needs in it so that a runner can check what adapters do.
//!
//! An interposer reports each call of main's into its adapters, and main's memory before and after it. An adapter that
//! shares main's memory may write to its region, too. Where that comes from `memory.grow`, its place is known
//! beforehand; where main's realloc gives it, that call is reported like the others.

use polyfill_encoder::{Adapter, Code, Growth};

use crate::index::Sanitize;
use crate::module;

/// The import modules whose functions have known results.
pub const CHECKED: [&str; 2] = ["wasi_unstable", "wasi_snapshot_preview1"];

/// The same layers, with an interposer before them for each of these modules, unless it is there, and one for main's realloc.
/// What adapters do with their stacks, they look after themselves.
pub fn sanitized(mut adapters: Vec<Adapter<'_>>) -> Vec<Adapter<'_>> {
    for adapter in &mut adapters {
        adapter.stack.checked = matches!(adapter.code, Code::Module { .. });
        adapter.reports = adapter.stack.checked;
    }
    let interposers = adapters.iter().filter(|adapter| matches!(adapter.code, Code::Interposer { .. }));
    let there: Vec<String> = interposers.flat_map(|adapter| adapter.implements.iter().cloned()).collect();
    let missing = CHECKED.into_iter().filter(|module| !there.iter().any(|known| known == module));
    let checks = missing.map(Adapter::interposer).chain([Adapter::realloc_interposer()]);
    checks.map(Adapter::checking).collect::<Vec<_>>().into_iter().chain(adapters).collect()
}

/// What a check of such a component has to know, made of that main.
pub fn check(main: &[u8], growth: &Growth) -> Sanitize {
    // Its bytes when it is instantiated.
    let main = module::facts(main).memory;
    let added: u64 = growth.at_instantiation.iter().sum();
    Sanitize {
        region: [main, main + added],
        growth: growth.while_main_allocates.clone(),
        shared: growth.shared,
        adapters_grow: false,
    }
}
