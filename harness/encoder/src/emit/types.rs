//! Encodes WIT types as component types in any scope.

use foldhash::HashMap;
use wasm_encoder::{Alias, ComponentExportKind, ComponentTypeEncoder, ComponentValType, PrimitiveValType};
use wit_parser::{Function, Handle, InterfaceId, Param, Type, TypeDefKind, TypeId, TypeOwner};

use super::Emitter;
use crate::world::World;

/// Types that are already defined in a scope.
#[derive(Clone, Default)]
pub(super) struct TypeMap {
    pub ids: HashMap<TypeId, u32>,
    /// Types that were added since the last call of [`TypeMap::forget`].
    new: Vec<TypeId>,
    /// Types that were added before, by the interface that they belong to.
    of: HashMap<InterfaceId, Vec<TypeId>>,
    anonymous: HashMap<TypeDefKind, u32>,
    functions: HashMap<Signature, u32>,
}

/// Type of a function: true if asynchronous, parameters, and result.
type Signature = (bool, Vec<(String, Type)>, Option<Type>);

impl TypeMap {
    /// Records the index of a type.
    pub fn insert(&mut self, id: TypeId, index: u32) {
        self.ids.insert(id, index);
        self.new.push(id);
    }

    /// Removes everything that was defined for an interface's own types. From now on, the types of its exported
    /// instance are used.
    pub fn forget(&mut self, world: &World, interface: InterfaceId) {
        for id in self.new.drain(..) {
            let ty = &world.resolve.types[id];
            match (&ty.name, ty.owner) {
                (None, _) => drop(self.ids.remove(&id)),
                (Some(_), TypeOwner::Interface(owner)) => self.of.entry(owner).or_default().push(id),
                (Some(_), _) => {}
            }
        }
        for id in self.of.remove(&interface).unwrap_or_default() {
            self.ids.remove(&id);
        }
        self.anonymous.clear();
        self.functions.clear();
    }
}

/// A scope in which types can be defined.
pub(super) trait Scope {
    fn world(&self) -> &World;
    fn map(&mut self) -> &mut TypeMap;
    /// Starts the definition of a type.
    fn define(&mut self) -> (u32, ComponentTypeEncoder<'_>);
    /// Assigns a name to a type in this scope. Returns the index to use from now on.
    fn named(&mut self, id: TypeId, name: &str, index: u32) -> u32;
    /// Defines a resource of this scope.
    fn resource(&mut self, id: TypeId, name: &str) -> u32;
    /// Returns the index of a type that is defined in another scope.
    fn foreign(&mut self, id: TypeId) -> Option<u32>;

    fn val_type(&mut self, ty: &Type) -> ComponentValType {
        ComponentValType::Primitive(match ty {
            Type::Bool => PrimitiveValType::Bool,
            Type::U8 => PrimitiveValType::U8,
            Type::U16 => PrimitiveValType::U16,
            Type::U32 => PrimitiveValType::U32,
            Type::U64 => PrimitiveValType::U64,
            Type::S8 => PrimitiveValType::S8,
            Type::S16 => PrimitiveValType::S16,
            Type::S32 => PrimitiveValType::S32,
            Type::S64 => PrimitiveValType::S64,
            Type::F32 => PrimitiveValType::F32,
            Type::F64 => PrimitiveValType::F64,
            Type::Char => PrimitiveValType::Char,
            Type::String => PrimitiveValType::String,
            Type::ErrorContext => PrimitiveValType::ErrorContext,
            Type::Id(id) => return ComponentValType::Type(self.type_id(*id)),
        })
    }

    fn type_id(&mut self, id: TypeId) -> u32 {
        if let Some(index) = self.map().ids.get(&id) {
            return *index;
        }
        let index = match self.foreign(id) {
            Some(index) => index,
            None => self.definition(id),
        };
        self.map().insert(id, index);
        index
    }

    fn definition(&mut self, id: TypeId) -> u32 {
        let def = &self.world().resolve.types[id];
        let (name, kind) = (def.name.clone(), def.kind.clone());
        let Some(name) = name else {
            if let Some(index) = self.map().anonymous.get(&kind) {
                return *index;
            }
            let index = self.structure(&kind);
            self.map().anonymous.insert(kind, index);
            return index;
        };
        match &kind {
            TypeDefKind::Resource => self.resource(id, &name),
            TypeDefKind::Type(Type::Id(other)) => {
                let index = self.type_id(*other);
                self.named(id, &name, index)
            }
            kind => {
                let index = self.structure(kind);
                self.named(id, &name, index)
            }
        }
    }

    fn structure(&mut self, kind: &TypeDefKind) -> u32 {
        match kind {
            TypeDefKind::Record(record) => {
                let fields: Vec<_> = record.fields.iter().map(|f| (f.name.clone(), self.val_type(&f.ty))).collect();
                let (index, ty) = self.define();
                ty.defined_type().record(fields.iter().map(|(name, ty)| (name.as_str(), *ty)));
                index
            }
            TypeDefKind::Variant(variant) => {
                let cases: Vec<_> =
                    variant.cases.iter().map(|c| (c.name.clone(), c.ty.as_ref().map(|ty| self.val_type(ty)))).collect();
                let (index, ty) = self.define();
                ty.defined_type().variant(cases.iter().map(|(name, ty)| (name.as_str(), *ty)));
                index
            }
            TypeDefKind::Tuple(tuple) => {
                let types: Vec<_> = tuple.types.iter().map(|ty| self.val_type(ty)).collect();
                let (index, ty) = self.define();
                ty.defined_type().tuple(types);
                index
            }
            TypeDefKind::Flags(flags) => {
                let (index, ty) = self.define();
                ty.defined_type().flags(flags.flags.iter().map(|f| f.name.as_str()));
                index
            }
            TypeDefKind::Enum(cases) => {
                let (index, ty) = self.define();
                ty.defined_type().enum_type(cases.cases.iter().map(|c| c.name.as_str()));
                index
            }
            TypeDefKind::Option(element) => {
                let element = self.val_type(element);
                let (index, ty) = self.define();
                ty.defined_type().option(element);
                index
            }
            TypeDefKind::Result(result) => {
                let ok = result.ok.as_ref().map(|ty| self.val_type(ty));
                let err = result.err.as_ref().map(|ty| self.val_type(ty));
                let (index, ty) = self.define();
                ty.defined_type().result(ok, err);
                index
            }
            TypeDefKind::List(element) => {
                let element = self.val_type(element);
                let (index, ty) = self.define();
                ty.defined_type().list(element);
                index
            }
            TypeDefKind::Map(key, value) => {
                let (key, value) = (self.val_type(key), self.val_type(value));
                let (index, ty) = self.define();
                ty.defined_type().map(key, value);
                index
            }
            TypeDefKind::FixedLengthList(element, length) => {
                let element = self.val_type(element);
                let (index, ty) = self.define();
                ty.defined_type().fixed_length_list(element, *length);
                index
            }
            TypeDefKind::Future(payload) => {
                let payload = payload.as_ref().map(|ty| self.val_type(ty));
                let (index, ty) = self.define();
                ty.defined_type().future(payload);
                index
            }
            TypeDefKind::Stream(payload) => {
                let payload = payload.as_ref().map(|ty| self.val_type(ty));
                let (index, ty) = self.define();
                ty.defined_type().stream(payload);
                index
            }
            TypeDefKind::Handle(handle) => {
                let (Handle::Own(resource) | Handle::Borrow(resource)) = handle;
                let resource = self.type_id(*resource);
                let (index, ty) = self.define();
                match handle {
                    Handle::Own(_) => ty.defined_type().own(resource),
                    Handle::Borrow(_) => ty.defined_type().borrow(resource),
                }
                index
            }
            TypeDefKind::Type(primitive) => match self.val_type(primitive) {
                ComponentValType::Type(index) => index,
                ComponentValType::Primitive(primitive) => {
                    let (index, ty) = self.define();
                    ty.defined_type().primitive(primitive);
                    index
                }
            },
            TypeDefKind::Resource | TypeDefKind::Unknown => {
                unreachable!("resources are named, and a resolved package has no unknown types")
            }
        }
    }

    fn func_type(&mut self, function: &Function) -> u32 {
        let params: Vec<(String, Type)> =
            function.params.iter().map(|Param { name, ty, .. }| (name.clone(), *ty)).collect();
        let key: Signature = (function.kind.is_async(), params, function.result);
        if let Some(index) = self.map().functions.get(&key) {
            return *index;
        }
        let params: Vec<_> = key.1.iter().map(|(name, ty)| (name.clone(), self.val_type(ty))).collect();
        let result = function.result.as_ref().map(|ty| self.val_type(ty));
        let (index, ty) = self.define();
        ty.function().async_(key.0).params(params.iter().map(|(name, ty)| (name.as_str(), *ty))).result(result);
        self.map().functions.insert(key, index);
        index
    }
}

/// Root scope of the component. Types of exported interfaces have no names here; the exported instance names them.
impl Scope for Emitter<'_> {
    fn world(&self) -> &World {
        self.world
    }

    fn map(&mut self) -> &mut TypeMap {
        &mut self.types
    }

    fn define(&mut self) -> (u32, ComponentTypeEncoder<'_>) {
        self.component.ty(None)
    }

    fn named(&mut self, _id: TypeId, _name: &str, index: u32) -> u32 {
        index
    }

    fn resource(&mut self, id: TypeId, _name: &str) -> u32 {
        if let Some(index) = self.resources.get(&id) {
            return *index;
        }
        super::core::resource(self, id)
    }

    fn foreign(&mut self, id: TypeId) -> Option<u32> {
        let owner = self.world.owner(id)?;
        let instance = self.exported.get(&owner).or_else(|| self.imported.get(&owner)).copied()?;
        let name = self.world.resolve.types[id].name.as_deref()?;
        let alias = Alias::InstanceExport { instance, kind: ComponentExportKind::Type, name };
        Some(self.component.alias(self.debug_names().then_some(name), alias))
    }
}
