//! `@since` and `@unstable`: of no meaning once a world is resolved, but what two texts say of one item may differ, and
//! the library for WIT does not join such items.

use wit_parser::{IndexMap, Resolve, Stability, WorldItem, WorldKey};

/// Removes the stability of every item.
pub(super) fn forget(resolve: &mut Resolve) {
    for (_, ty) in resolve.types.iter_mut() {
        ty.stability = Stability::Unknown;
    }
    for (_, interface) in resolve.interfaces.iter_mut() {
        interface.stability = Stability::Unknown;
        for function in interface.functions.values_mut() {
            function.stability = Stability::Unknown;
        }
    }
    for (_, world) in resolve.worlds.iter_mut() {
        world.stability = Stability::Unknown;
        items(&mut world.imports);
        items(&mut world.exports);
    }
}

fn items(items: &mut IndexMap<WorldKey, WorldItem>) {
    for item in items.values_mut() {
        match item {
            WorldItem::Interface { stability, .. } => *stability = Stability::Unknown,
            WorldItem::Function(function) => function.stability = Stability::Unknown,
            WorldItem::Type { .. } => {}
        }
    }
}
