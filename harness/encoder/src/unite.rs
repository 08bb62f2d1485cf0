//! Merges interfaces of the same name. Each world may declare only the functions that it needs; the merged world
//! contains all of them.
//!
//! `wit-parser` checks the items that both interfaces contain; this module adds the items that only one of them
//! contains.

use foldhash::HashMap;
use semver::Version;
use wit_parser::{
    Function, Handle, InterfaceId, Resolve, Type, TypeDefKind, TypeId, TypeOwner, WorldId, WorldItem, WorldKey,
};

use crate::versions;

/// Adds items of inline imports of `from` to the inline imports of `into` with the same name.
pub(crate) fn inline_imports(resolve: &mut Resolve, from: WorldId, into: WorldId) {
    let inline = |resolve: &Resolve, world: WorldId| -> Vec<(WorldKey, InterfaceId)> {
        let imports = resolve.worlds[world].imports.iter();
        imports
            .filter_map(|(key, item)| match (key, item) {
                (WorldKey::Name(_), WorldItem::Interface { id, .. }) => Some((key.clone(), *id)),
                _ => None,
            })
            .collect()
    };
    for (key, from) in inline(resolve, from) {
        match resolve.worlds[into].imports.get(&key) {
            Some(WorldItem::Interface { id: into, .. }) if *into != from => {
                let into = *into;
                Union { resolve, from, into }.run();
            }
            _ => {}
        }
    }
}

/// For each interface that a world imports in several compatible versions, adds the items of the older versions to the
/// newest one. The newest version replaces the others, but it may declare fewer functions than they do.
pub(crate) fn compatible_versions(resolve: &mut Resolve, world: WorldId) {
    let mut newest: HashMap<String, (Version, InterfaceId)> = HashMap::default();
    let mut all = Vec::new();
    for key in resolve.worlds[world].imports.keys() {
        let WorldKey::Interface(id) = key else { continue };
        let Some(name) = resolve.id_of(*id) else { continue };
        let (Some(track), Some((_, version))) = (versions::track_of(&name), versions::split_version(&name)) else {
            continue;
        };
        all.push((track.clone(), *id));
        let place = newest.entry(track).or_insert_with(|| (version.clone(), *id));
        if place.0 < version {
            *place = (version, *id);
        }
    }
    for (track, from) in all {
        if let Some((_, into)) = newest.get(&track)
            && *into != from
        {
            Union { resolve, from, into: *into }.run();
        }
    }
}

struct Union<'a> {
    resolve: &'a mut Resolve,
    from: InterfaceId,
    into: InterfaceId,
}

impl Union<'_> {
    fn run(&mut self) {
        for id in self.resolve.interfaces[self.from].types.values().copied().collect::<Vec<_>>() {
            self.type_id(id);
        }
        for function in self.resolve.interfaces[self.from].functions.values().cloned().collect::<Vec<_>>() {
            if !self.resolve.interfaces[self.into].functions.contains_key(&function.name) {
                let function = self.function(function);
                self.resolve.interfaces[self.into].functions.insert(function.name.clone(), function);
            }
        }
    }

    fn function(&mut self, mut function: Function) -> Function {
        for param in &mut function.params {
            param.ty = self.ty(param.ty);
        }
        function.result = function.result.map(|ty| self.ty(ty));
        if let Some(resource) = function.kind.resource() {
            let resource = self.type_id(resource);
            if let Some(place) = function.kind.resource_mut() {
                *place = resource;
            }
        }
        function
    }

    fn ty(&mut self, ty: Type) -> Type {
        match ty {
            Type::Id(id) => Type::Id(self.type_id(id)),
            primitive => primitive,
        }
    }

    /// Returns the corresponding type of the target interface: its own type of that name, a copy, or the type itself if
    /// it belongs to another interface.
    fn type_id(&mut self, id: TypeId) -> TypeId {
        let mut def = self.resolve.types[id].clone();
        let own = def.owner == TypeOwner::Interface(self.from);
        let known = def.name.as_ref().and_then(|name| self.resolve.interfaces[self.into].types.get(name));
        match (own, known, &def.owner) {
            (true, Some(known), _) => return *known,
            (true, None, _) | (false, _, TypeOwner::None) => {}
            _ => return id,
        }
        let kind = self.kind(def.kind.clone());
        if !own && kind == def.kind {
            return id;
        }
        def.kind = kind;
        if own {
            def.owner = TypeOwner::Interface(self.into);
        }
        let name = def.name.clone();
        let copy = self.resolve.types.alloc(def);
        if let Some(name) = name {
            self.resolve.interfaces[self.into].types.insert(name, copy);
        }
        copy
    }

    fn kind(&mut self, mut kind: TypeDefKind) -> TypeDefKind {
        match &mut kind {
            TypeDefKind::Record(record) => record.fields.iter_mut().for_each(|field| field.ty = self.ty(field.ty)),
            TypeDefKind::Tuple(tuple) => tuple.types.iter_mut().for_each(|ty| *ty = self.ty(*ty)),
            TypeDefKind::Variant(variant) => {
                variant.cases.iter_mut().for_each(|case| case.ty = case.ty.map(|ty| self.ty(ty)));
            }
            TypeDefKind::Result(result) => {
                result.ok = result.ok.map(|ty| self.ty(ty));
                result.err = result.err.map(|ty| self.ty(ty));
            }
            TypeDefKind::Option(ty)
            | TypeDefKind::List(ty)
            | TypeDefKind::FixedLengthList(ty, _)
            | TypeDefKind::Type(ty) => *ty = self.ty(*ty),
            TypeDefKind::Map(key, value) => (*key, *value) = (self.ty(*key), self.ty(*value)),
            TypeDefKind::Future(ty) | TypeDefKind::Stream(ty) => *ty = ty.map(|ty| self.ty(ty)),
            TypeDefKind::Handle(Handle::Own(id) | Handle::Borrow(id)) => *id = self.type_id(*id),
            TypeDefKind::Resource | TypeDefKind::Flags(_) | TypeDefKind::Enum(_) | TypeDefKind::Unknown => {}
        }
        kind
    }
}
