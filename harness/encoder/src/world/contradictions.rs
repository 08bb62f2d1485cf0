//! Detects contradictory definitions of a type or function in the worlds to be joined.
//!
//! `wit-parser` joins packages with the same name by using the first definition of each type. Therefore, types are
//! compared before: every interface with all interfaces of the same name and version, and every imported interface with
//! those of a compatible version, which are merged as well. An item that only one side defines is not a contradiction.
//!
//! Inside other types, a named type is compared by name if both sides refer to the same interface. Its definitions are
//! compared separately, and reported once. All other types are compared structurally.

use foldhash::{HashMap, HashSet};
use wit_parser::{
    Function, Handle, InterfaceId, Resolve, Type, TypeDef, TypeDefKind, TypeId, TypeOwner, WorldItem, WorldKey,
};

use crate::error::{Definition, Error};
use crate::input::Wit;
use crate::versions;

use super::wit_text;

/// A world and its source.
pub(super) struct Brought<'w> {
    /// Module and source of the world, for messages.
    pub by: String,
    /// The world.
    pub wit: &'w Wit,
}

/// Compares all worlds and returns every contradiction.
pub(super) fn find(brought: &[Brought<'_>]) -> Vec<Error> {
    let sides: Vec<Side<'_>> = brought.iter().map(Side::new).collect();
    let mut search = Search { sides: &sides, known: HashMap::default(), errors: Vec::new() };
    for number in 0..sides.len() {
        search.side(number);
    }
    search.errors
}

/// A world with precomputed interface names.
struct Side<'w> {
    by: &'w str,
    wit: &'w Wit,
    /// Name of each interface, by its index.
    places: Vec<Option<Place>>,
}

/// Name of an interface.
struct Place {
    /// `ns:pkg/interface@1.2.3`, or the name of an interface that is defined inline in the world.
    name: String,
    /// The name with the version reduced to its compatibility track, if the world imports the interface.
    track: Option<String>,
}

impl<'w> Side<'w> {
    fn new(brought: &'w Brought<'_>) -> Side<'w> {
        let Wit { resolve, world } = brought.wit;
        let place = |id| resolve.id_of(id).map(|name| Place { name, track: None });
        let mut places: Vec<Option<Place>> = resolve.interfaces.iter().map(|(id, _)| place(id)).collect();
        let world = &resolve.worlds[*world];
        for (side, items) in [("import", &world.imports), ("export", &world.exports)] {
            for (key, item) in items {
                let WorldItem::Interface { id, .. } = item else { continue };
                let Some(place) = places.get_mut(id.index()) else { continue };
                match (key, place) {
                    (WorldKey::Interface(_), Some(place)) if side == "import" => {
                        place.track = versions::track_of(&place.name);
                    }
                    (WorldKey::Name(name), place @ None) => {
                        *place = Some(Place { name: format!("{side} {name}"), track: None });
                    }
                    _ => {}
                }
            }
        }
        Side { by: &brought.by, wit: brought.wit, places }
    }

    fn def(&self, id: TypeId) -> &'w TypeDef {
        &self.wit.resolve.types[id]
    }

    fn place(&self, id: InterfaceId) -> Option<&Place> {
        self.places.get(id.index())?.as_ref()
    }

    /// Resolves aliases: returns the last type with a definition, or a primitive type.
    fn target(&self, mut ty: Type) -> Type {
        while let Type::Id(id) = ty
            && let TypeDefKind::Type(next) = self.def(id).kind
        {
            ty = next;
        }
        ty
    }
}

/// A named item.
#[derive(Clone, Copy)]
enum Item<'w> {
    Type(TypeId),
    Function(&'w Function),
    Interface,
}

/// First definition of an item.
struct First<'w> {
    side: usize,
    item: Item<'w>,
    /// Interface that contains the definition, with its version.
    place: String,
    /// Versions of the interface that were compared.
    seen: Vec<String>,
}

struct Search<'s> {
    sides: &'s [Side<'s>],
    /// By interface (with its version or its compatibility track), then by the item's name.
    known: HashMap<String, HashMap<&'s str, First<'s>>>,
    errors: Vec<Error>,
}

impl<'s> Search<'s> {
    fn side(&mut self, number: usize) {
        let sides = self.sides;
        let side = &sides[number];
        let Wit { resolve, world } = side.wit;
        for (id, interface) in resolve.interfaces.iter() {
            let Some(place) = side.place(id) else { continue };
            let types = interface.types.iter().map(|(name, id)| (name, Item::Type(*id)));
            let functions = interface.functions.iter().map(|(name, function)| (name, Item::Function(function)));
            for (name, item) in types.chain(functions) {
                let agrees = self.look(&place.name, &place.name, number, name, item);
                if let Some(track) = place.track.as_ref().filter(|track| **track != place.name && agrees) {
                    self.look(track, &place.name, number, name, item);
                }
            }
        }
        let world = &resolve.worlds[*world];
        for (direction, items) in [("imports", &world.imports), ("exports", &world.exports)] {
            for (key, item) in items {
                let WorldKey::Name(name) = key else { continue };
                let item = match item {
                    WorldItem::Function(function) => Item::Function(function),
                    WorldItem::Type { id, .. } => Item::Type(*id),
                    WorldItem::Interface { .. } => Item::Interface,
                };
                self.look(direction, direction, number, name, item);
            }
        }
    }

    /// Compares an item with its first definition. Returns false if they contradict each other.
    fn look(&mut self, key: &str, place: &str, number: usize, name: &'s str, item: Item<'s>) -> bool {
        if !self.known.contains_key(key) {
            self.known.insert(key.to_string(), HashMap::default());
        }
        let Some(items) = self.known.get_mut(key) else { return true };
        let Some(first) = items.get_mut(name) else {
            let seen = vec![place.to_string()];
            items.insert(name, First { side: number, item, place: place.to_string(), seen });
            return true;
        };
        if key != place {
            // Further definitions in the same version are compared with the first one of that version.
            if first.seen.iter().any(|seen| seen == place) {
                return true;
            }
            first.seen.push(place.to_string());
        }
        let pair = Pair { one: &self.sides[first.side], other: &self.sides[number] };
        if pair.same_item(first.item, item) {
            return true;
        }
        let (kind, other_kind) = (kind(first.item), kind(item));
        self.errors.push(Error::Contradiction {
            item: if kind == other_kind { format!("{kind} `{name}`") } else { format!("`{name}`") },
            place: describe(place, &first.place),
            first: Box::new(pair.one.define(name, first.item)),
            second: Box::new(pair.other.define(name, item)),
        });
        false
    }
}

fn kind(item: Item<'_>) -> &'static str {
    match item {
        Item::Type(_) => "type",
        Item::Function(_) => "function",
        Item::Interface => "interface",
    }
}

/// Describes the location of a contradiction, with both versions of the interface if they differ.
fn describe(place: &str, first: &str) -> String {
    match place.split_once(' ') {
        Some((side, name)) => format!("interface `{name}`, which the world {side}s"),
        None if place == "imports" || place == "exports" => format!("the world's {place}"),
        None if first != place => format!("interfaces `{first}` and `{place}`, whose versions are compatible"),
        None => format!("interface `{place}`"),
    }
}

impl Side<'_> {
    fn define(&self, name: &str, item: Item<'_>) -> Definition {
        let resolve: &Resolve = &self.wit.resolve;
        let wit = match item {
            Item::Type(id) => wit_text::named_type(resolve, name, id),
            Item::Function(function) => wit_text::function(resolve, name, function),
            Item::Interface => format!("{name}: interface"),
        };
        Definition { by: self.by.to_string(), wit }
    }
}

/// Two worlds whose types are compared.
struct Pair<'s> {
    one: &'s Side<'s>,
    other: &'s Side<'s>,
}

impl Pair<'_> {
    fn same_item(&self, one: Item<'_>, other: Item<'_>) -> bool {
        match (one, other) {
            (Item::Type(one), Item::Type(other)) => self.same_definition(one, other),
            (Item::Function(one), Item::Function(other)) => self.same_function(one, other),
            (Item::Interface, Item::Interface) => true,
            _ => false,
        }
    }

    fn same_function(&self, one: &Function, other: &Function) -> bool {
        let names = one.params.iter().map(|param| &param.name).eq(other.params.iter().map(|param| &param.name));
        if !names
            || std::mem::discriminant(&one.kind) != std::mem::discriminant(&other.kind)
            || one.result.is_some() != other.result.is_some()
        {
            return false;
        }
        let mut work: Vec<(Type, Type)> = Vec::new();
        work.extend(one.params.iter().zip(&other.params).map(|(one, other)| (one.ty, other.ty)));
        work.extend(one.result.zip(other.result));
        work.extend(
            one.kind.resource().zip(other.kind.resource()).map(|(one, other)| (Type::Id(one), Type::Id(other))),
        );
        self.same_types(work)
    }

    /// Compares two definitions of the same name.
    fn same_definition(&self, one: TypeId, other: TypeId) -> bool {
        let (one_kind, other_kind) = (&self.one.def(one).kind, &self.other.def(other).kind);
        match (one_kind, other_kind) {
            (TypeDefKind::Resource, TypeDefKind::Resource) => true,
            (TypeDefKind::Type(one), TypeDefKind::Type(other)) => self.same_types(vec![(*one, *other)]),
            (TypeDefKind::Type(alias), _) => self.same_types(vec![(*alias, Type::Id(other))]),
            (_, TypeDefKind::Type(alias)) => self.same_types(vec![(Type::Id(one), *alias)]),
            _ => {
                let mut work = Vec::new();
                same_shape(one_kind, other_kind, &mut work) && self.same_types(work)
            }
        }
    }

    /// Compares types structurally.
    fn same_types(&self, mut work: Vec<(Type, Type)>) -> bool {
        let mut seen = HashSet::default();
        while let Some((one, other)) = work.pop() {
            if self.compared_elsewhere(one, other) {
                continue;
            }
            match (self.one.target(one), self.other.target(other)) {
                (Type::Id(a), Type::Id(b)) => {
                    if self.compared_elsewhere(Type::Id(a), Type::Id(b)) {
                        continue;
                    }
                    if seen.insert((a, b)) && !same_shape(&self.one.def(a).kind, &self.other.def(b).kind, &mut work) {
                        return false;
                    }
                }
                (one, other) if one == other => {}
                _ => return false,
            }
        }
        true
    }

    /// Returns true if both types have the same name in the same interface. Their definitions are compared separately.
    fn compared_elsewhere(&self, one: Type, other: Type) -> bool {
        let (Type::Id(one), Type::Id(other)) = (one, other) else { return false };
        let (one, other) = (self.one.def(one), self.other.def(other));
        if one.name.is_none() || one.name != other.name {
            return false;
        }
        match (one.owner, other.owner) {
            (TypeOwner::World(_), TypeOwner::World(_)) => true,
            (TypeOwner::Interface(one), TypeOwner::Interface(other)) => {
                let (Some(one), Some(other)) = (self.one.place(one), self.other.place(other)) else { return false };
                one.name == other.name || (one.track.is_some() && one.track == other.track)
            }
            _ => false,
        }
    }
}

/// Compares two kinds except for the types in them, which are added to `work`. Resources are identified by name, which
/// the caller has compared.
fn same_shape(one: &TypeDefKind, other: &TypeDefKind, work: &mut Vec<(Type, Type)>) -> bool {
    let mut optional = |one: Option<Type>, other: Option<Type>| {
        work.extend(one.zip(other));
        one.is_some() == other.is_some()
    };
    match (one, other) {
        (TypeDefKind::Record(one), TypeDefKind::Record(other)) => {
            work.extend(one.fields.iter().zip(&other.fields).map(|(one, other)| (one.ty, other.ty)));
            one.fields.iter().map(|field| &field.name).eq(other.fields.iter().map(|field| &field.name))
        }
        (TypeDefKind::Variant(one), TypeDefKind::Variant(other)) => {
            one.cases.len() == other.cases.len()
                && one.cases.iter().zip(&other.cases).all(|(a, b)| a.name == b.name && optional(a.ty, b.ty))
        }
        (TypeDefKind::Enum(one), TypeDefKind::Enum(other)) => {
            one.cases.iter().map(|case| &case.name).eq(other.cases.iter().map(|case| &case.name))
        }
        (TypeDefKind::Flags(one), TypeDefKind::Flags(other)) => {
            one.flags.iter().map(|flag| &flag.name).eq(other.flags.iter().map(|flag| &flag.name))
        }
        (TypeDefKind::Tuple(one), TypeDefKind::Tuple(other)) => {
            work.extend(one.types.iter().copied().zip(other.types.iter().copied()));
            one.types.len() == other.types.len()
        }
        (TypeDefKind::Result(one), TypeDefKind::Result(other)) => {
            optional(one.ok, other.ok) && optional(one.err, other.err)
        }
        (TypeDefKind::Option(one), TypeDefKind::Option(other)) | (TypeDefKind::List(one), TypeDefKind::List(other)) => {
            optional(Some(*one), Some(*other))
        }
        (TypeDefKind::FixedLengthList(one, length), TypeDefKind::FixedLengthList(other, other_length)) => {
            optional(Some(*one), Some(*other)) && length == other_length
        }
        (TypeDefKind::Map(key, value), TypeDefKind::Map(other_key, other_value)) => {
            optional(Some(*key), Some(*other_key)) && optional(Some(*value), Some(*other_value))
        }
        (TypeDefKind::Future(one), TypeDefKind::Future(other))
        | (TypeDefKind::Stream(one), TypeDefKind::Stream(other)) => optional(*one, *other),
        (TypeDefKind::Handle(Handle::Own(one)), TypeDefKind::Handle(Handle::Own(other)))
        | (TypeDefKind::Handle(Handle::Borrow(one)), TypeDefKind::Handle(Handle::Borrow(other))) => {
            optional(Some(Type::Id(*one)), Some(Type::Id(*other)))
        }
        _ => false,
    }
}
