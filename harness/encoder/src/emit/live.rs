//! Which imported functions and types the component needs: those that a wire lowers, and what exports refer to.

use foldhash::{HashMap, HashSet};
use wit_parser::{LiveTypes, WorldItem};

use crate::plan::{FuncRef, Plan, Source, Wire};
use crate::world::World;

/// What is needed of the imports.
pub(super) struct Live {
    pub functions: HashSet<FuncRef>,
    pub types: LiveTypes,
}

/// Types are in the order of their first use, which is the order they are imported in.
pub(super) fn live(plan: &Plan, world: &World) -> Live {
    let mut live = Live { functions: HashSet::default(), types: LiveTypes::default() };
    let resolve = &world.resolve;
    for item in world.imports().values() {
        if let WorldItem::Type { id, .. } = item {
            live.types.add_type_id(resolve, *id);
        }
    }
    for wire in grouped(plan) {
        match &wire.source {
            Source::Lower(function, _) => {
                if let Some(wit) = world.imported_function(function.key.as_ref(), &function.name)
                    && live.functions.insert(function.clone())
                {
                    live.types.add_func(resolve, wit);
                }
            }
            Source::ResourceDrop(id, _) => live.types.add_type_id(resolve, *id),
            Source::ResourceNew(..)
            | Source::ResourceRep(..)
            | Source::Export(..)
            | Source::Destructor(_)
            | Source::ThreadLocal(_)
            | Source::HostedMemory
            | Source::OwnMemory(_)
            | Source::Copy(..) => {}
        }
    }
    for item in world.exports().values() {
        live.types.add_world_item(resolve, item);
    }
    live
}

/// All wires: main's, then each adapter's, those of one import module together.
fn grouped(plan: &Plan) -> Vec<&Wire> {
    let mut first = HashMap::default();
    for (position, wire) in plan.wires.iter().enumerate() {
        first.entry((wire.importer, wire.module.as_str())).or_insert(position);
    }
    let mut wires: Vec<&Wire> = plan.wires.iter().collect();
    wires.sort_by_key(|wire| (wire.importer, first[&(wire.importer, wire.module.as_str())]));
    wires
}
