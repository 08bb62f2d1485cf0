//! `@since` and `@unstable` gates. They have no meaning after a world is resolved, but may differ between two
//! definitions of an item, which `wit-parser` then does not merge.

use wit_parser::{IndexMap, Resolve, Stability, WorldItem, WorldKey};

/// Removes the stability attributes of all items.
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
