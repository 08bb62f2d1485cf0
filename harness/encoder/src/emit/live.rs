//! Which imported functions and types the component needs: those that a wire lowers, and what exports refer to.

use std::collections::HashSet;

use wit_parser::{LiveTypes, WorldItem};

use crate::demand;
use crate::plan::{FuncRef, Plan, Source};
use crate::world::World;

/// What is needed of the imports.
pub(super) struct Live {
    pub functions: HashSet<FuncRef>,
    pub types: LiveTypes,
}

pub(super) fn live(plan: &Plan, world: &World) -> Live {
    let mut live = Live { functions: HashSet::new(), types: LiveTypes::default() };
    let resolve = &world.resolve;
    for wire in &plan.wires {
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
    for item in world.imports().values() {
        if let WorldItem::Type { id, .. } = item {
            live.types.add_type_id(resolve, *id);
        }
    }
    for (_, interface) in world.exported_interfaces() {
        live.types.add_interface(resolve, interface);
    }
    for lift in &plan.lifts {
        if let Some(wit) = demand::lifted(world, &lift.function) {
            live.types.add_func(resolve, wit);
        }
    }
    live
}
