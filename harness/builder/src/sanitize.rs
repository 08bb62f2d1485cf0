//! Adds the interposition adapters that a sanitized component needs, so that a runner can check the adapters.
//!
//! An interposition adapter records each call from main into its adapters, and main's memory before and after it.
//! An adapter that shares main's memory may write to its region, too. A region from `memory.grow` has an address
//! that is known in advance; calls of main's realloc that allocate a region are recorded like the others.

use polyfill_encoder::{Adapter, Code, Growth};

use crate::index::Sanitize;
use crate::module;
use crate::traced::modules_of;

/// Returns the adapters, preceded by a checking interposition adapter for each of their import modules, unless already
/// present, and one for main's realloc. Shadow stacks of adapters are checked by the adapters themselves.
pub fn sanitized(mut adapters: Vec<Adapter<'_>>) -> Vec<Adapter<'_>> {
    for adapter in &mut adapters {
        adapter.stack.checked = matches!(adapter.code, Code::Module { .. });
        adapter.reports = adapter.stack.checked;
    }
    let checks = modules_of(&adapters).into_iter().map(Adapter::interposer).chain([Adapter::realloc_interposer()]);
    checks.map(Adapter::checking).collect::<Vec<_>>().into_iter().chain(adapters).collect()
}

/// Returns the parameters of the checks for a component with this main.
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
