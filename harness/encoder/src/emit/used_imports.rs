//! Determines the imported functions and types that the component uses: those of lowered functions and of exports.

use foldhash::{HashMap, HashSet};
use wit_parser::{LiveTypes, WorldItem, WorldKey};

use crate::plan::{Plan, Wire, WireSource};
use crate::world::World;

/// Used items of the imports.
pub(super) struct UsedImports<'p> {
    /// Functions by interface key. The key is `None` for functions of the world itself.
    functions: HashMap<Option<&'p WorldKey>, HashSet<&'p str>>,
    pub types: LiveTypes,
}

impl UsedImports<'_> {
    /// Returns true if a function of an interface is used.
    pub fn has(&self, key: Option<&WorldKey>, function: &str) -> bool {
        self.functions.get(&key).is_some_and(|functions| functions.contains(function))
    }
}

/// Returns the used functions and types. Types are in the order of their first use, in which they are imported.
pub(super) fn used_imports<'p>(plan: &'p Plan, world: &World) -> UsedImports<'p> {
    let mut used = UsedImports { functions: HashMap::default(), types: LiveTypes::default() };
    let resolve = &world.resolve;
    for item in world.imports().values() {
        if let WorldItem::Type { id, .. } = item {
            used.types.add_type_id(resolve, *id);
        }
    }
    for wire in grouped(plan) {
        match &wire.source {
            WireSource::Lower(function, _) => {
                if let Some(wit) = world.imported_function(function.key.as_ref(), &function.name)
                    && used.functions.entry(function.key.as_ref()).or_default().insert(&function.name)
                {
                    used.types.add_func(resolve, wit);
                }
            }
            WireSource::ResourceDrop(id, _) => used.types.add_type_id(resolve, *id),
            WireSource::ResourceNew(..)
            | WireSource::ResourceRep(..)
            | WireSource::Export(..)
            | WireSource::Destructor(_)
            | WireSource::ThreadLocal(_)
            | WireSource::HostedMemory
            | WireSource::OwnMemory(_)
            | WireSource::Copy(..) => {}
        }
    }
    for item in world.exports().values() {
        used.types.add_world_item(resolve, item);
    }
    used
}

/// Returns all wires in the order of modules, grouped by import module.
fn grouped(plan: &Plan) -> Vec<&Wire> {
    let mut first = HashMap::default();
    for (position, wire) in plan.wires.iter().enumerate() {
        first.entry((wire.importer, wire.module.as_str())).or_insert(position);
    }
    let mut wires: Vec<&Wire> = plan.wires.iter().collect();
    wires.sort_by_key(|wire| (wire.importer, first[&(wire.importer, wire.module.as_str())]));
    wires
}
