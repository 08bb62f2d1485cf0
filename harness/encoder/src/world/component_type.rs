//! Fast decoder for the type of a world in the form that encoders write.
//!
//! The decoder in `wit-parser` validates a whole component, which dominates the run time of a small encoding. This
//! decoder accepts only types with an unambiguous meaning, and returns `None` for all others. These are left to
//! `wit-parser`, which decodes them or reports an error.

use foldhash::HashMap;
use wasmparser::names::KebabStr;
use wasmparser::{
    BinaryReader, ComponentAlias, ComponentDefinedType, ComponentExternName, ComponentExternalKind, ComponentFuncType,
    ComponentOuterAliasKind, ComponentType, ComponentTypeDeclaration, ComponentTypeRef, ComponentValType,
    InstanceTypeDeclaration, PrimitiveValType, TypeBounds,
};
use wit_parser::{
    Case, Enum, EnumCase, Field, Flag, Flags, Function, FunctionKind, Handle, InterfaceId, Param, Record, Resolve,
    Result_, Span, Tuple, Type, TypeDef, TypeDefKind, TypeId, TypeOwner, Variant, World, WorldId, WorldItem, WorldKey,
};

use super::packages::{Packages, interface_name};

/// Maximum size of a type, including nested types. Larger types are left to `wit-parser` and its limits.
const LARGEST: u32 = 10_000;

/// Maximum number of parts of a type.
const MOST: usize = 256;

/// Decodes the world `ns:pkg/world` that the type of a package defines. Returns `None` for any unsupported construct.
pub(super) fn decode<'t>(package: &mut BinaryReader<'t>) -> Option<(Resolve, WorldId)> {
    // Two declarations: the type of a component, and its export.
    let (COMPONENT, 2) = (package.read_u8().ok()?, package.read_var_u32().ok()?) else { return None };
    let (TYPE, COMPONENT) = (package.read_u8().ok()?, package.read_u8().ok()?) else { return None };
    let mut decoder = Decoder::default();
    let world = decoder.world(package)?;
    let InstanceTypeDeclaration::Export { name, ty: ComponentTypeRef::Component(0) } = package.read().ok()? else {
        return None;
    };
    let (package_name, name) = interface_name(plain(&name)?)?;
    decoder.resolve.worlds[world].name = name.to_string();
    decoder.packages.finish(&mut decoder.resolve, package_name, world)?;
    package.eof().then_some((decoder.resolve, world))
}

/// Opcodes of a type declaration, a component type and an instance type.
const TYPE: u8 = 0x01;
const COMPONENT: u8 = 0x41;
const INSTANCE: u8 = 0x42;

/// An entry of the type index space.
enum Local<'t> {
    /// An unnamed type. It gets an ID at its first use.
    Anonymous(ComponentDefinedType<'t>, Option<TypeId>),
    /// A named type: a definition or an alias.
    Named(TypeId),
    /// A function type.
    Function(ComponentFuncType<'t>),
    /// An instance type, until it is named.
    Instance(Option<InterfaceId>),
}

/// Items of an interface or world.
struct Scope<'t> {
    types: Vec<Local<'t>>,
    owner: TypeOwner,
    resources: HashMap<&'t str, TypeId>,
}

/// Size of a type.
#[derive(Clone, Copy)]
struct Size {
    /// Number of types in it, including itself.
    types: u32,
    /// Set if it contains a borrowed handle.
    borrows: bool,
}

#[derive(Default)]
struct Decoder {
    resolve: Resolve,
    /// Size of each type, by its index.
    sizes: Vec<Size>,
    packages: Packages,
}

impl Decoder {
    fn world<'t>(&mut self, reader: &mut BinaryReader<'t>) -> Option<WorldId> {
        let id = self.resolve.worlds.alloc(World {
            name: String::new(),
            imports: Default::default(),
            exports: Default::default(),
            package: None,
            docs: Default::default(),
            stability: Default::default(),
            includes: Default::default(),
            span: Span::default(),
        });
        let mut scope = Scope { types: Vec::new(), owner: TypeOwner::World(id), resources: HashMap::default() };
        let mut instances = Vec::new();
        for _ in 0..reader.read_var_u32().ok()? {
            let mut ahead = reader.clone();
            if (ahead.read_u8().ok()?, ahead.read_u8().ok()?) == (TYPE, INSTANCE) {
                *reader = ahead;
                let interface = self.interface(reader, &scope.types)?;
                scope.types.push(Local::Instance(Some(interface)));
                continue;
            }
            match reader.read().ok()? {
                ComponentTypeDeclaration::Type(ty) => scope.types.push(local(ty)?),
                ComponentTypeDeclaration::Alias(ComponentAlias::InstanceExport {
                    kind: ComponentExternalKind::Type,
                    instance_index,
                    name,
                }) => {
                    let interface: &InterfaceId = instances.get(instance_index as usize)?;
                    let ty = *self.resolve.interfaces[*interface].types.get(name)?;
                    scope.types.push(Local::Named(ty));
                }
                ComponentTypeDeclaration::Import(import) => {
                    let name = plain(&import.name)?;
                    let (key, item) = self.item(name, import.ty, &mut scope, &mut instances)?;
                    let before = self.resolve.worlds[id].imports.insert(key, item);
                    before.is_none().then_some(())?;
                }
                ComponentTypeDeclaration::Export { name, ty } => {
                    let name = plain(&name)?;
                    let (key, item) = self.item(name, ty, &mut scope, &mut instances)?;
                    let before = self.resolve.worlds[id].exports.insert(key, item);
                    (before.is_none() && !matches!(ty, ComponentTypeRef::Type(_))).then_some(())?;
                }
                _ => return None,
            }
        }
        Some(id)
    }

    /// Decodes an import or export of the world.
    fn item<'t>(
        &mut self,
        name: &'t str,
        ty: ComponentTypeRef,
        scope: &mut Scope<'t>,
        instances: &mut Vec<InterfaceId>,
    ) -> Option<(WorldKey, WorldItem)> {
        let by_name = || KebabStr::new(name).map(|name| WorldKey::Name(name.to_string()));
        match ty {
            ComponentTypeRef::Instance(index) => {
                let Local::Instance(interface) = scope.types.get_mut(index as usize)? else { return None };
                let id = interface.take()?;
                let key = if name.contains('/') {
                    self.packages.name(&mut self.resolve, id, name).map(|()| WorldKey::Interface(id))?
                } else {
                    self.packages.inline(id).and_then(|()| by_name())?
                };
                instances.push(id);
                Some((
                    key,
                    WorldItem::Interface {
                        id,
                        stability: Default::default(),
                        docs: Default::default(),
                        span: Span::default(),
                        external_id: None,
                    },
                ))
            }
            ComponentTypeRef::Func(index) => {
                let function = self.function(name, index, scope)?;
                Some((WorldKey::Name(name.to_string()), WorldItem::Function(function)))
            }
            ComponentTypeRef::Type(bounds) => {
                let id = self.export(name, bounds, scope)?;
                Some((by_name()?, WorldItem::Type { id, span: Span::default() }))
            }
            _ => None,
        }
    }

    /// Decodes an interface, which is named later.
    fn interface<'t>(&mut self, reader: &mut BinaryReader<'t>, outer: &[Local<'_>]) -> Option<InterfaceId> {
        let id = self.packages.interface(&mut self.resolve);
        let mut scope = Scope { types: Vec::new(), owner: TypeOwner::Interface(id), resources: HashMap::default() };
        let count = reader.read_var_u32().ok()?;
        // About a third of the declarations are functions.
        self.resolve.interfaces[id].functions.reserve(count.min(1000) as usize / 3);
        for _ in 0..count {
            match reader.read().ok()? {
                InstanceTypeDeclaration::Type(ty) => scope.types.push(local(ty)?),
                InstanceTypeDeclaration::Alias(ComponentAlias::Outer {
                    kind: ComponentOuterAliasKind::Type,
                    count: 1,
                    index,
                }) => {
                    let Local::Named(ty) = outer.get(index as usize)? else { return None };
                    scope.types.push(Local::Named(*ty));
                }
                InstanceTypeDeclaration::Export { name, ty: ComponentTypeRef::Func(index) } => {
                    let name = plain(&name)?;
                    let function = self.function(name, index, &mut scope)?;
                    let interface = &mut self.resolve.interfaces[id];
                    let before = interface.functions.insert(name.to_string(), function);
                    (before.is_none() && !interface.types.contains_key(name)).then_some(())?;
                }
                InstanceTypeDeclaration::Export { name, ty: ComponentTypeRef::Type(bounds) } => {
                    let name = plain(&name)?;
                    let ty = self.export(name, bounds, &mut scope)?;
                    let interface = &mut self.resolve.interfaces[id];
                    let before = interface.types.insert(name.to_string(), ty);
                    (before.is_none() && !interface.functions.contains_key(name)).then_some(())?;
                }
                _ => return None,
            }
        }
        Some(id)
    }

    /// Decodes the export of a type: a definition or an alias.
    fn export<'t>(&mut self, name: &'t str, bounds: TypeBounds, scope: &mut Scope<'t>) -> Option<TypeId> {
        KebabStr::new(name)?;
        let kind = match bounds {
            TypeBounds::SubResource => TypeDefKind::Resource,
            TypeBounds::Eq(index) => match scope.types.get(index as usize)? {
                Local::Named(known) => {
                    self.packages.uses(self.resolve.types[*known].owner, scope.owner)?;
                    TypeDefKind::Type(Type::Id(*known))
                }
                Local::Anonymous(_, None) => self.anonymous(index as usize, scope)?,
                // WIT cannot express an alias of an unnamed type.
                _ => return None,
            },
        };
        let resource = matches!(kind, TypeDefKind::Resource);
        let id = self.define(Some(name), kind, scope.owner)?;
        if resource {
            scope.resources.entry(name).or_insert(id);
        }
        scope.types.push(Local::Named(id));
        Some(id)
    }

    fn function<'t>(&mut self, name: &'t str, index: u32, scope: &mut Scope<'t>) -> Option<Function> {
        let Local::Function(place) = scope.types.get_mut(index as usize)? else { return None };
        // Several functions may share the type.
        let ty = ComponentFuncType { params: std::mem::take(&mut place.params), ..*place };
        let mut params = Vec::with_capacity(ty.params.len());
        for (name, ty) in &ty.params {
            KebabStr::new(name)?;
            params.push(Param { name: name.to_string(), ty: self.value(ty, scope)?, span: Span::default() });
        }
        let result = match &ty.result {
            Some(ty) => Some(self.value(ty, scope)?),
            None => None,
        };
        let is_async = ty.async_;
        scope.types[index as usize] = Local::Function(ty);
        (!result.is_some_and(|ty| self.size_of(&ty).borrows)).then_some(())?;
        let kind = self.function_kind(name, is_async, &params, result, scope)?;
        let name = name.to_string();
        Some(Function {
            name,
            kind,
            params,
            result,
            docs: Default::default(),
            stability: Default::default(),
            span: Span::default(),
            external_id: None,
        })
    }

    fn function_kind(
        &self,
        name: &str,
        is_async: bool,
        params: &[Param],
        result: Option<Type>,
        scope: &Scope<'_>,
    ) -> Option<FunctionKind> {
        let Some(rest) = name.strip_prefix('[') else {
            KebabStr::new(name)?;
            return Some(if is_async { FunctionKind::AsyncFreestanding } else { FunctionKind::Freestanding });
        };
        let (kind, rest) = rest.split_once(']')?;
        let resource = |name: &str| scope.resources.get(name).copied();
        let (resource, own) = match rest.split_once('.') {
            Some((name, own)) => (resource(name)?, Some(KebabStr::new(own)?)),
            None => (resource(rest)?, None),
        };
        let is = |ty: Option<Type>, handle: Handle| {
            let Some(Type::Id(id)) = ty else { return false };
            matches!(self.resolve.types[id].kind, TypeDefKind::Handle(found) if found == handle)
        };
        let borrows_self =
            || params.first().is_some_and(|first| first.name == "self" && is(Some(first.ty), Handle::Borrow(resource)));
        match (kind, own, is_async) {
            ("method", Some(_), false) if borrows_self() => Some(FunctionKind::Method(resource)),
            ("method", Some(_), true) if borrows_self() => Some(FunctionKind::AsyncMethod(resource)),
            ("static", Some(_), false) => Some(FunctionKind::Static(resource)),
            ("static", Some(_), true) => Some(FunctionKind::AsyncStatic(resource)),
            // `wit-parser` checks the other results that a constructor may have.
            ("constructor", None, false) if is(result, Handle::Own(resource)) => {
                Some(FunctionKind::Constructor(resource))
            }
            _ => None,
        }
    }

    fn value(&mut self, ty: &ComponentValType, scope: &mut Scope<'_>) -> Option<Type> {
        let index = match ty {
            ComponentValType::Primitive(ty) => return Some(primitive(*ty)),
            ComponentValType::Type(index) => *index as usize,
        };
        match scope.types.get(index)? {
            // A resource is not a value type.
            Local::Named(id) => (!self.is_resource(*id)).then_some(Type::Id(*id)),
            Local::Anonymous(_, Some(id)) => Some(Type::Id(*id)),
            Local::Anonymous(_, None) => {
                let kind = self.anonymous(index, scope)?;
                // WIT requires names for these types.
                if let TypeDefKind::Record(_) | TypeDefKind::Variant(_) | TypeDefKind::Enum(_) | TypeDefKind::Flags(_) =
                    kind
                {
                    return None;
                }
                let id = self.define(None, kind, TypeOwner::None)?;
                if let Local::Anonymous(_, place) = &mut scope.types[index] {
                    *place = Some(id);
                }
                Some(Type::Id(id))
            }
            Local::Function(_) | Local::Instance(_) => None,
        }
    }

    /// Converts an unnamed type.
    fn anonymous(&mut self, index: usize, scope: &mut Scope<'_>) -> Option<TypeDefKind> {
        let Local::Anonymous(place, _) = scope.types.get_mut(index)? else { return None };
        // A type can refer only to preceding types.
        let ty = std::mem::replace(place, ComponentDefinedType::Own(u32::MAX));
        let kind = self.kind(&ty, scope)?;
        if let Local::Anonymous(place, _) = &mut scope.types[index] {
            *place = ty;
        }
        Some(kind)
    }

    fn kind(&mut self, ty: &ComponentDefinedType<'_>, scope: &mut Scope<'_>) -> Option<TypeDefKind> {
        let optional = |decoder: &mut Decoder, ty: &Option<ComponentValType>, scope: &mut Scope<'_>| match ty {
            Some(ty) => decoder.value(ty, scope).map(Some),
            None => Some(None),
        };
        Some(match ty {
            ComponentDefinedType::Primitive(ty) => TypeDefKind::Type(primitive(*ty)),
            ComponentDefinedType::List(ty) => TypeDefKind::List(self.value(ty, scope)?),
            ComponentDefinedType::Option(ty) => TypeDefKind::Option(self.value(ty, scope)?),
            ComponentDefinedType::Tuple(types) => {
                let types = types.iter().map(|ty| self.value(ty, scope)).collect::<Option<Vec<_>>>()?;
                (!types.is_empty()).then_some(TypeDefKind::Tuple(Tuple { types }))?
            }
            ComponentDefinedType::Result { ok, err } => {
                let ok = optional(self, ok, scope)?;
                TypeDefKind::Result(Result_ { ok, err: optional(self, err, scope)? })
            }
            ComponentDefinedType::Record(fields) => {
                distinct(fields.iter().map(|(name, _)| *name))?;
                let fields = fields.iter().map(|(name, ty)| {
                    let ty = self.value(ty, scope)?;
                    Some(Field { name: name.to_string(), ty, docs: Default::default(), span: Span::default() })
                });
                TypeDefKind::Record(Record { fields: fields.collect::<Option<_>>()? })
            }
            ComponentDefinedType::Variant(cases) => {
                distinct(cases.iter().map(|case| case.name))?;
                let cases = cases.iter().map(|case| {
                    let ty = optional(self, &case.ty, scope)?;
                    Some(Case { name: case.name.to_string(), ty, docs: Default::default(), span: Span::default() })
                });
                TypeDefKind::Variant(Variant { cases: cases.collect::<Option<_>>()? })
            }
            ComponentDefinedType::Flags(names) => {
                distinct(names.iter().copied())?;
                // A single core value holds 32 flags.
                (names.len() <= 32).then_some(())?;
                let flag =
                    |name: &&str| Flag { name: name.to_string(), docs: Default::default(), span: Span::default() };
                TypeDefKind::Flags(Flags { flags: names.iter().map(flag).collect() })
            }
            ComponentDefinedType::Enum(names) => {
                distinct(names.iter().copied())?;
                let case =
                    |name: &&str| EnumCase { name: name.to_string(), docs: Default::default(), span: Span::default() };
                TypeDefKind::Enum(Enum { cases: names.iter().map(case).collect() })
            }
            ComponentDefinedType::Own(index) => TypeDefKind::Handle(Handle::Own(self.resource(*index, scope)?)),
            ComponentDefinedType::Borrow(index) => TypeDefKind::Handle(Handle::Borrow(self.resource(*index, scope)?)),
            ComponentDefinedType::Map(..)
            | ComponentDefinedType::FixedLengthList(..)
            | ComponentDefinedType::Future(_)
            | ComponentDefinedType::Stream(_) => return None,
        })
    }

    /// Returns the resource of a handle.
    fn resource(&self, index: u32, scope: &Scope<'_>) -> Option<TypeId> {
        let Local::Named(id) = scope.types.get(index as usize)? else { return None };
        self.is_resource(*id).then_some(*id)
    }

    fn is_resource(&self, mut id: TypeId) -> bool {
        while let TypeDefKind::Type(Type::Id(next)) = self.resolve.types[id].kind {
            id = next;
        }
        matches!(self.resolve.types[id].kind, TypeDefKind::Resource)
    }

    fn define(&mut self, name: Option<&str>, kind: TypeDefKind, owner: TypeOwner) -> Option<TypeId> {
        let size = self.size(&kind);
        (size.types <= LARGEST).then_some(())?;
        self.sizes.push(size);
        Some(self.resolve.types.alloc(TypeDef {
            name: name.map(str::to_string),
            kind,
            owner,
            docs: Default::default(),
            stability: Default::default(),
            span: Span::default(),
            external_id: None,
        }))
    }

    /// Computes the size of a type, including nested types.
    fn size(&self, kind: &TypeDefKind) -> Size {
        let mut all = Size { types: 1, borrows: matches!(kind, TypeDefKind::Handle(Handle::Borrow(_))) };
        let mut add = |ty: &Type| {
            let Size { types, borrows } = self.size_of(ty);
            all.types = all.types.saturating_add(types);
            all.borrows |= borrows;
        };
        match kind {
            TypeDefKind::Type(ty) | TypeDefKind::List(ty) | TypeDefKind::Option(ty) => add(ty),
            TypeDefKind::Tuple(tuple) => tuple.types.iter().for_each(add),
            TypeDefKind::Record(record) => record.fields.iter().for_each(|field| add(&field.ty)),
            TypeDefKind::Variant(variant) => variant.cases.iter().filter_map(|case| case.ty.as_ref()).for_each(add),
            TypeDefKind::Result(result) => result.ok.iter().chain(&result.err).for_each(add),
            _ => {}
        }
        all
    }

    fn size_of(&self, ty: &Type) -> Size {
        match ty {
            // Types are defined in the order of their ids.
            Type::Id(id) => self.sizes[id.index()],
            _ => Size { types: 1, borrows: false },
        }
    }
}

fn local(ty: ComponentType<'_>) -> Option<Local<'_>> {
    match ty {
        ComponentType::Defined(ty) => Some(Local::Anonymous(ty, None)),
        ComponentType::Func(ty) => Some(Local::Function(ty)),
        _ => None,
    }
}

/// Returns a name without attributes such as `implements` or a version suffix.
fn plain<'t>(name: &ComponentExternName<'t>) -> Option<&'t str> {
    let ComponentExternName { name, implements: None, version_suffix: None, external_id: None } = name else {
        return None;
    };
    Some(name)
}

/// Checks that all names are valid, and unique regardless of case.
fn distinct<'n>(names: impl Iterator<Item = &'n str> + Clone) -> Option<()> {
    let count = names.clone().count();
    for (index, name) in names.clone().enumerate().take_while(|_| count <= MOST) {
        KebabStr::new(name)?;
        if names.clone().take(index).any(|other| other.eq_ignore_ascii_case(name)) {
            return None;
        }
    }
    (1..=MOST).contains(&count).then_some(())
}

fn primitive(ty: PrimitiveValType) -> Type {
    match ty {
        PrimitiveValType::Bool => Type::Bool,
        PrimitiveValType::S8 => Type::S8,
        PrimitiveValType::U8 => Type::U8,
        PrimitiveValType::S16 => Type::S16,
        PrimitiveValType::U16 => Type::U16,
        PrimitiveValType::S32 => Type::S32,
        PrimitiveValType::U32 => Type::U32,
        PrimitiveValType::S64 => Type::S64,
        PrimitiveValType::U64 => Type::U64,
        PrimitiveValType::F32 => Type::F32,
        PrimitiveValType::F64 => Type::F64,
        PrimitiveValType::Char => Type::Char,
        PrimitiveValType::String => Type::String,
        PrimitiveValType::ErrorContext => Type::ErrorContext,
    }
}
