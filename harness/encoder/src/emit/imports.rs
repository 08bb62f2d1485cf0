//! Imports of the component: the used items of each interface, types of the world, and functions of the world.

use foldhash::HashMap;
use wasm_encoder::{
    Alias, ComponentExternName, ComponentOuterAliasKind, ComponentTypeEncoder, ComponentTypeRef, InstanceType,
    TypeBounds,
};
use wit_parser::{InterfaceId, TypeId, WorldItem, WorldKey};

use super::Emitter;
use super::types::{Scope, TypeMap};
use super::used_imports::UsedImports;
use crate::bind::func_ref;
use crate::world::World;

pub(super) fn emit(emitter: &mut Emitter<'_>, used: &UsedImports<'_>) {
    let world = emitter.world;
    let mut types: HashMap<InterfaceId, Vec<TypeId>> = HashMap::default();
    for ty in used.types.iter() {
        if let Some(owner) = world.owner(ty) {
            types.entry(owner).or_default().push(ty);
        }
    }
    for (key, item) in world.imports() {
        match item {
            WorldItem::Interface { id, .. } => {
                let types = types.remove(id).unwrap_or_default();
                instance(emitter, used, types, key, item, *id);
            }
            WorldItem::Type { id, .. } => world_type(emitter, key, *id),
            WorldItem::Function(function) => {
                if used.has(None, &function.name) {
                    let ty = emitter.func_type(function);
                    let name = extern_name(&function.name, function.external_id.as_deref());
                    let index = emitter.component.import(name, ComponentTypeRef::Func(ty));
                    emitter.functions.insert(func_ref(world, None, &function.name), index);
                }
            }
        }
    }
}

/// Returns the name of an import or export with its `@external-id` attribute.
pub(super) fn extern_name<'n>(name: &'n str, external_id: Option<&'n str>) -> ComponentExternName<'n> {
    ComponentExternName {
        name: name.into(),
        implements: None,
        version_suffix: None,
        external_id: external_id.map(Into::into),
    }
}

/// Returns the name of an imported or exported interface.
pub(super) fn interface_name(emitter: &Emitter<'_>, key: &WorldKey, item: &WorldItem) -> ComponentExternName<'static> {
    let resolve = &emitter.world.resolve;
    let full = resolve.name_world_key(key);
    let canonical = emitter.options.canonical_names.then(|| resolve.name_canonicalized_world_key(key));
    // The part of the version that the canonical name omits.
    let split = canonical.and_then(|name| Some((full.strip_prefix(&name)?.to_string(), name)));
    let (suffix, name) = split.map_or((None, full), |(rest, name)| (Some(rest).filter(|r| !r.is_empty()), name));
    ComponentExternName {
        name: name.into(),
        implements: resolve.implements_interface(key, item).and_then(|id| resolve.id_of(id)).map(Into::into),
        version_suffix: suffix.map(Into::into),
        external_id: resolve.external_id_value(key, item).map(Into::into),
    }
}

fn instance(
    emitter: &mut Emitter<'_>,
    used: &UsedImports<'_>,
    types: Vec<TypeId>,
    key: &WorldKey,
    item: &WorldItem,
    id: InterfaceId,
) {
    let world = emitter.world;
    let interface = &world.resolve.interfaces[id];
    let mut scope = InstanceScope { emitter, interface: id, ty: InstanceType::new(), map: TypeMap::default() };
    for ty in types {
        scope.type_id(ty);
    }
    for function in interface.functions.values() {
        if used.has(Some(key), &function.name) {
            let ty = scope.func_type(function);
            let name = extern_name(&function.name, function.external_id.as_deref());
            scope.ty.export(name, ComponentTypeRef::Func(ty));
        }
    }
    let InstanceScope { ty, .. } = scope;
    if ty.is_empty() {
        return;
    }
    let ty = emitter.component.type_instance(None, &ty);
    let index = emitter.component.import(interface_name(emitter, key, item), ComponentTypeRef::Instance(ty));
    emitter.imported.insert(id, index);
}

/// Imports a type of the world under its name, so that functions of the world can refer to it.
fn world_type(emitter: &mut Emitter<'_>, key: &WorldKey, id: TypeId) {
    let world = emitter.world;
    let def = &world.resolve.types[id];
    let name = world.resolve.name_world_key(key);
    let name = extern_name(&name, def.external_id.as_deref());
    let bounds = match &def.kind {
        wit_parser::TypeDefKind::Resource => TypeBounds::SubResource,
        wit_parser::TypeDefKind::Type(wit_parser::Type::Id(other)) => TypeBounds::Eq(emitter.type_id(*other)),
        kind => TypeBounds::Eq(emitter.structure(kind)),
    };
    let index = emitter.component.import(name, ComponentTypeRef::Type(bounds));
    emitter.types.insert(id, index);
}

/// Scope of the type of an imported instance.
struct InstanceScope<'e, 'a> {
    emitter: &'e mut Emitter<'a>,
    interface: InterfaceId,
    ty: InstanceType,
    map: TypeMap,
}

impl InstanceScope<'_, '_> {
    fn export(&mut self, id: TypeId, name: &str, bounds: TypeBounds) -> u32 {
        let external_id = self.emitter.world.resolve.types[id].external_id.as_deref();
        let index = self.ty.type_count();
        self.ty.export(extern_name(name, external_id), ComponentTypeRef::Type(bounds));
        index
    }
}

impl Scope for InstanceScope<'_, '_> {
    fn world(&self) -> &World {
        self.emitter.world
    }

    fn map(&mut self) -> &mut TypeMap {
        &mut self.map
    }

    fn define(&mut self) -> (u32, ComponentTypeEncoder<'_>) {
        (self.ty.type_count(), self.ty.ty())
    }

    fn named(&mut self, id: TypeId, name: &str, index: u32) -> u32 {
        self.export(id, name, TypeBounds::Eq(index))
    }

    fn resource(&mut self, id: TypeId, name: &str) -> u32 {
        self.export(id, name, TypeBounds::SubResource)
    }

    fn foreign(&mut self, id: TypeId) -> Option<u32> {
        let owner = self.emitter.world.owner(id)?;
        if owner == self.interface {
            return None;
        }
        let root = self.emitter.type_id(id);
        let index = self.ty.type_count();
        self.ty.alias(Alias::Outer { kind: ComponentOuterAliasKind::Type, count: 1, index: root });
        Some(index)
    }
}
