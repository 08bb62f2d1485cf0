//! Exports of the component: lifted functions, and an instance for each exported interface.
//!
//! An instance whose functions refer to its own named types cannot be built at the root: exporting a type creates a new
//! type index, and the types of the functions must refer to that index. Therefore a nested component imports the lifted
//! functions and all types that they use, and exports the types and functions under their names.

use wasm_encoder::{
    CanonicalOption, ComponentBuilder, ComponentExportKind, ComponentTypeEncoder, ComponentTypeRef, TypeBounds,
};
use wit_parser::{InterfaceId, TypeId, WorldItem, WorldKey};

use super::imports::{extern_name, interface_name};
use super::types::{Scope, TypeMap};
use super::{Emitter, hooks};
use crate::plan::Lift;
use crate::world::World;

pub(super) fn emit(emitter: &mut Emitter<'_>) {
    let world = emitter.world;
    for (key, item) in world.exports() {
        match item {
            WorldItem::Function(function) => {
                let lifted = lift(emitter, None, &function.name);
                let name = extern_name(&function.name, function.external_id.as_deref());
                emitter.component.export(name, ComponentExportKind::Func, lifted, None);
            }
            WorldItem::Interface { id, .. } => interface(emitter, key, item, *id),
            WorldItem::Type { .. } => {}
        }
    }
}

/// Lifts an exported function.
fn lift(emitter: &mut Emitter<'_>, key: Option<&WorldKey>, name: &str) -> u32 {
    let lift = emitter.planned_lifts.get(&(key, name)).copied();
    let lift: &Lift = lift.expect("the plan lifts each function that the world exports");
    let function = emitter.world.exported_function(key, name).expect("the plan lifts functions of the world");
    let ty = emitter.func_type(function);
    let core = hooks::callee(emitter, &lift.core);
    let mut options = emitter.options(&lift.canon);
    if let Some(post_return) = &lift.canon.post_return {
        options.push(CanonicalOption::PostReturn(hooks::callee(emitter, post_return)));
    }
    let debug_name = emitter.name(name);
    emitter.component.lift_func(debug_name, core, ty, options)
}

fn interface(emitter: &mut Emitter<'_>, key: &WorldKey, item: &WorldItem, id: InterfaceId) {
    let world = emitter.world;
    let interface = &world.resolve.interfaces[id];
    let mut scope = Nested {
        emitter,
        interface: id,
        component: ComponentBuilder::default(),
        map: TypeMap::default(),
        exporting: false,
        imported: TypeMap::default(),
        args: Vec::new(),
    };

    let mut functions = Vec::new();
    for function in interface.functions.values() {
        let lifted = lift(scope.emitter, Some(key), &function.name);
        let ty = scope.func_type(function);
        let name = format!("f{}", functions.len());
        functions.push((function, scope.component.import(name.as_str(), ComponentTypeRef::Func(ty))));
        scope.args.push((name, ComponentExportKind::Func, lifted));
    }
    for ty in interface.types.values() {
        scope.type_id(*ty);
    }

    scope.start_exporting();
    for ty in interface.types.values() {
        scope.type_id(*ty);
    }
    for (function, index) in functions {
        let ty = scope.func_type(function);
        let name = extern_name(&function.name, function.external_id.as_deref());
        scope.component.export(name, ComponentExportKind::Func, index, Some(ComponentTypeRef::Func(ty)));
    }

    let Nested { component, args, .. } = scope;
    let label = world.resolve.name_world_key(key);
    let debug_name = emitter.name(&label);
    let component = emitter.component.component(debug_name, component);
    let instance = emitter.component.instantiate(debug_name, component, args);
    let exported =
        emitter.component.export(interface_name(emitter, key, item), ComponentExportKind::Instance, instance, None);
    emitter.exported.insert(id, exported);
    emitter.types.forget(world, id);
}

/// The nested component: first the imports, then the exports.
struct Nested<'e, 'a> {
    emitter: &'e mut Emitter<'a>,
    interface: InterfaceId,
    component: ComponentBuilder,
    map: TypeMap,
    exporting: bool,
    /// Indices of the imported types.
    imported: TypeMap,
    /// Instantiation arguments from the root.
    args: Vec<(String, ComponentExportKind, u32)>,
}

impl Nested<'_, '_> {
    fn start_exporting(&mut self) {
        self.exporting = true;
        self.imported = std::mem::take(&mut self.map);
    }

    fn import(&mut self, id: TypeId, bounds: TypeBounds) -> u32 {
        let name = format!("t{}", self.args.len());
        let index = self.component.import(name.as_str(), ComponentTypeRef::Type(bounds));
        let root = self.emitter.type_id(id);
        self.args.push((name, ComponentExportKind::Type, root));
        index
    }

    fn export(&mut self, id: TypeId, name: &str, index: u32) -> u32 {
        let external_id = self.emitter.world.resolve.types[id].external_id.as_deref();
        self.component.export(extern_name(name, external_id), ComponentExportKind::Type, index, None)
    }
}

impl Scope for Nested<'_, '_> {
    fn world(&self) -> &World {
        self.emitter.world
    }

    fn map(&mut self) -> &mut TypeMap {
        &mut self.map
    }

    fn define(&mut self) -> (u32, ComponentTypeEncoder<'_>) {
        self.component.ty(None)
    }

    fn named(&mut self, id: TypeId, name: &str, index: u32) -> u32 {
        if self.exporting { self.export(id, name, index) } else { self.import(id, TypeBounds::Eq(index)) }
    }

    fn resource(&mut self, id: TypeId, name: &str) -> u32 {
        if !self.exporting {
            return self.import(id, TypeBounds::SubResource);
        }
        let index = self.imported.ids[&id];
        self.export(id, name, index)
    }

    fn foreign(&mut self, id: TypeId) -> Option<u32> {
        let foreign = self.emitter.world.owner(id) != Some(self.interface);
        let named = self.emitter.world.resolve.types[id].name.is_some();
        if self.exporting && foreign && named { self.imported.ids.get(&id).copied() } else { None }
    }
}
