//! `order`: who is instantiated when.
//!
//! Main comes first: adapters share its memory. An adapter comes after those it imports from; where adapters import
//! from each other in a circle, the first one given goes first, and `wire` cuts the edges that point forward.

use crate::bind::Meaning;
use crate::demand::Parts;
use crate::plan::ModuleId;

/// The order of instantiation.
pub(crate) fn order(parts: &Parts<'_>) -> Vec<ModuleId> {
    let mut order = vec![ModuleId::MAIN];
    let mut visiting = vec![false; parts.len()];
    for index in 1..parts.len() {
        visit(ModuleId(index), parts, &mut visiting, &mut order);
    }
    order
}

fn visit(id: ModuleId, parts: &Parts<'_>, visiting: &mut [bool], order: &mut Vec<ModuleId>) {
    let Some(part) = &parts[id.0] else { return };
    if visiting[id.0] || order.contains(&id) {
        return;
    }
    visiting[id.0] = true;
    for meaning in &part.bound.imports {
        if let Meaning::Adapter(other, _) = meaning {
            visit(*other, parts, visiting, order);
        }
    }
    order.push(id);
}
