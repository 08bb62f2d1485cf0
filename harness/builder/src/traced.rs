//! Adds the interposition adapters that a traced component needs, so that a runner can record each call across the
//! core boundary.

use polyfill_encoder::Adapter;

/// Returns the adapters, preceded by an interposition adapter for each import module that they implement, and one for
/// main's realloc, unless there are none.
pub fn traced(adapters: Vec<Adapter<'_>>) -> Vec<Adapter<'_>> {
    let modules = modules_of(&adapters);
    if modules.is_empty() {
        return adapters;
    }
    let interposers = modules.into_iter().map(Adapter::interposer).chain([Adapter::realloc_interposer()]);
    interposers.chain(adapters).collect()
}

/// Returns the import modules, or patterns, that adapters implement, that are not interfaces, and whose calls no
/// interposition adapter reports yet. Sorted.
pub(crate) fn modules_of(adapters: &[Adapter<'_>]) -> Vec<String> {
    let is_interposer = |adapter: &Adapter<'_>| matches!(adapter.code, polyfill_encoder::Code::Interposer { .. });
    let modules = |wanted: bool| {
        let adapters = adapters.iter().filter(move |adapter| is_interposer(adapter) == wanted);
        adapters.flat_map(|adapter| adapter.implements.iter().cloned())
    };
    let there: Vec<String> = modules(true).collect();
    let mut wanted: Vec<String> = modules(false).filter(|module| !module.contains(':')).collect();
    wanted.sort();
    wanted.dedup();
    wanted.retain(|module| !there.iter().any(|known| polyfill_encoder::is_named(known, module)));
    wanted
}
