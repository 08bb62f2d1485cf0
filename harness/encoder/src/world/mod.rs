//! `world`: what all modules together import and export, as one WIT world.
//!
//! Each module brings its own world, in `component-type` sections or from outside. They are joined into one; imports
//! of one interface in several compatible versions become one import of the newest; an interface that is both imported
//! and exported gets two identities, so that an id always means one thing.

mod component_type;
mod contradictions;
mod interfaces;
mod local;
mod metadata;
mod packages;
mod sections;
mod stability;
mod wit_text;

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::OnceLock;

use foldhash::{HashMap, HashSet};
use indexmap::IndexMap;
use wit_parser::{
    CloneMaps, Function, InterfaceId, PackageName, Resolve, Span, TypeId, TypeOwner, WorldId, WorldItem, WorldKey,
};

use crate::abi;
use crate::error::{Error, Errors};
use crate::input::Wit;
use crate::plan::ModuleId;
use crate::read::Module;
use crate::unite;

use contradictions::Brought;
pub(crate) use interfaces::Interfaces;
pub use metadata::StringEncoding;
pub(crate) use metadata::{Decoded, decode};

/// The joined world.
#[derive(Debug)]
pub(crate) struct World {
    /// All packages.
    pub resolve: Resolve,
    /// The joined world in it.
    pub id: WorldId,
    /// Which module's world an export comes from, by the export's name.
    pub exporters: IndexMap<String, ModuleId>,
    /// Whose functions these are.
    declared: Declared,
    import_names: OnceLock<Interfaces>,
    export_names: OnceLock<Interfaces>,
    /// The key of each interface that the world imports or exports.
    keys: OnceLock<HashMap<InterfaceId, WorldKey>>,
}

/// The functions of each module's own world, and how strings of theirs lie in that module's memory.
#[derive(Debug)]
enum Declared {
    /// There is one world, a module's own.
    All(ModuleId, StringEncoding),
    /// By module and interface (see [`interface_key`]), then by name.
    Each(HashMap<(ModuleId, String), HashMap<String, StringEncoding>>),
}

/// Joins the worlds of all modules.
///
/// The library for WIT takes decoded metadata for what an encoder has written, and panics where it contradicts itself.
/// Bytes can say anything, so that is caught here, and an error.
pub(crate) fn join(modules: &[Module<'_>]) -> Result<World, Errors> {
    let at = Cell::new(0);
    let joined = panic::catch_unwind(AssertUnwindSafe(|| join_each(modules, &at)));
    joined.unwrap_or_else(|_| {
        let module = &modules[at.get()];
        let offset = module.metadata.first().map_or(0, |range| range.start);
        let message = "it contradicts itself".to_string();
        Err(Error::Metadata { module: module.name.clone(), offset, message }.into())
    })
}

/// Joins them one by one; `at` tells which it is.
fn join_each(modules: &[Module<'_>], at: &Cell<usize>) -> Result<World, Errors> {
    let mut worlds = Vec::new();
    let mut errors = Vec::new();
    for (index, module) in modules.iter().enumerate() {
        at.set(index);
        let decoded = match &module.decoded {
            Some(known) => Ok(known.to_vec()),
            None => decode(module),
        };
        match decoded {
            Ok(decoded) => worlds.extend(decoded.into_iter().map(|decoded| (index, Origin::Section, decoded))),
            Err(error) => errors.push(error),
        }
        if let Some(wit) = &module.wit {
            let mut wit = wit.clone().into_owned();
            stability::forget(&mut wit.resolve);
            worlds.push((index, Origin::Given, Decoded { wit, encoding: StringEncoding::Utf8 }));
        }
    }
    let is_one = worlds.len() == 1;
    let joined = !is_one || worlds.iter().any(|(.., decoded)| has_versions(&decoded.wit));
    if joined {
        let brought = worlds.iter().map(|(index, origin, decoded)| Brought {
            by: origin.of(&modules[*index].name, *index),
            wit: &decoded.wit,
        });
        errors.extend(contradictions::find(&brought.collect::<Vec<_>>()));
    }
    Errors::check(errors)?;
    let mut world = World::empty();
    let mut errors = Vec::new();
    for (index, _, decoded) in worlds {
        at.set(index);
        world.exporters(modules, index, &decoded.wit, &mut errors);
        match is_one {
            true => world.take(ModuleId(index), decoded),
            false => world.add(&modules[index], ModuleId(index), decoded, &mut errors),
        }
    }
    Errors::check(errors)?;
    if joined {
        unite::compatible_versions(&mut world.resolve, world.id);
        world
            .resolve
            .merge_world_imports_based_on_semver(world.id)
            .map_err(|error| Error::WorldConflict { module: modules[0].name.clone(), message: format!("{error:#}") })?;
    }
    world.resolve.generate_nominal_type_ids(world.id);
    Ok(world)
}

/// Where a module's world comes from.
#[derive(Clone, Copy)]
enum Origin {
    /// A `component-type` section.
    Section,
    /// WIT from outside.
    Given,
}

impl Origin {
    /// Names a module and its world's source.
    fn of(self, name: &str, index: usize) -> String {
        let word = if index == 0 { "" } else { "adapter " };
        match self {
            Origin::Section => format!("{word}`{name}`, in its `component-type` section"),
            Origin::Given => format!("{word}`{name}`, in the WIT given for it"),
        }
    }
}

/// Whether a world imports an interface in several versions.
fn has_versions(wit: &Wit) -> bool {
    let mut seen = HashSet::default();
    let imports = wit.resolve.worlds[wit.world].imports.keys();
    let mut interfaces = imports.filter(|key| matches!(key, WorldKey::Interface(_)));
    !interfaces.all(|key| seen.insert(interface_key(&wit.resolve, Some(key))))
}

impl World {
    fn empty() -> World {
        // What comes in was chosen when it was parsed: a gate must not be asked about again.
        let mut resolve = Resolve { all_features: true, ..Resolve::default() };
        let id = add_root(&mut resolve);
        World {
            resolve,
            id,
            exporters: IndexMap::new(),
            declared: Declared::Each(HashMap::default()),
            import_names: OnceLock::new(),
            export_names: OnceLock::new(),
            keys: OnceLock::new(),
        }
    }

    /// Notes which module a world's exports come from: no other may export the same.
    fn exporters(&mut self, modules: &[Module<'_>], index: usize, wit: &Wit, errors: &mut Vec<Error>) {
        let exports = wit.resolve.worlds[wit.world].exports.iter();
        for (key, _) in exports.filter(|(_, item)| !matches!(item, WorldItem::Type { .. })) {
            let export = wit.resolve.name_world_key(key);
            let first = *self.exporters.entry(export.clone()).or_insert(ModuleId(index));
            if first.0 != index {
                let (first, second) = (modules[first.0].name.clone(), modules[index].name.clone());
                errors.push(Error::ExportedTwice { export, first, second });
            }
        }
    }

    /// The only world as it is, under the name that a joined one has unless it has a package of that name itself.
    fn take(&mut self, id: ModuleId, decoded: Decoded) {
        let Decoded { wit, encoding } = decoded;
        self.resolve = wit.resolve;
        self.id = wit.world;
        if !self.resolve.package_names.contains_key(&root_name()) {
            self.id = add_root(&mut self.resolve);
            let from = &mut self.resolve.worlds[wit.world];
            let (imports, exports) = (std::mem::take(&mut from.imports), std::mem::take(&mut from.exports));
            let into = &mut self.resolve.worlds[self.id];
            (into.imports, into.exports) = (imports, exports);
        }
        self.declared = Declared::All(id, encoding);
    }

    /// One world of several.
    fn add(&mut self, module: &Module<'_>, id: ModuleId, decoded: Decoded, errors: &mut Vec<Error>) {
        self.declare(id, module, &decoded, errors);
        let Wit { mut resolve, world } = decoded.wit;
        local::rename_taken(&mut resolve, &self.resolve, self.id);
        let joined = (|| {
            let from = self.resolve.merge(resolve)?.map_world(world, Span::default())?;
            self.resolve.merge_worlds(from, self.id, &mut CloneMaps::default()).map(|()| from)
        })();
        match joined {
            Ok(from) => unite::inline_imports(&mut self.resolve, from, self.id),
            Err(error) => {
                errors.push(Error::WorldConflict { module: module.name.clone(), message: format!("{error:#}") });
            }
        }
    }

    /// Notes the functions of a module's own world.
    fn declare(&mut self, id: ModuleId, module: &Module<'_>, decoded: &Decoded, errors: &mut Vec<Error>) {
        let Declared::Each(declared) = &mut self.declared else { return };
        let Decoded { wit: Wit { resolve, world }, encoding } = decoded;
        let world = &resolve.worlds[*world];
        for (key, item) in world.imports.iter().chain(&world.exports) {
            let (interface, functions): (_, Vec<&String>) = match item {
                WorldItem::Interface { id, .. } => (Some(key), resolve.interfaces[*id].functions.keys().collect()),
                WorldItem::Function(function) => (None, vec![&function.name]),
                WorldItem::Type { .. } => continue,
            };
            let place = declared.entry((id, interface_key(resolve, interface))).or_default();
            for function in functions {
                let first = place.insert(function.clone(), *encoding).filter(|first| first != encoding);
                errors.extend(first.map(|first| Error::EncodingConflict {
                    module: module.name.clone(),
                    function: function.clone(),
                    first: first.to_string(),
                    second: encoding.to_string(),
                }));
            }
        }
    }

    /// The imports.
    pub fn imports(&self) -> &wit_parser::IndexMap<WorldKey, WorldItem> {
        &self.resolve.worlds[self.id].imports
    }

    /// The exports.
    pub fn exports(&self) -> &wit_parser::IndexMap<WorldKey, WorldItem> {
        &self.resolve.worlds[self.id].exports
    }

    /// The imported interfaces by name.
    pub fn import_names(&self) -> &Interfaces {
        self.import_names.get_or_init(|| Interfaces::of(&self.resolve, self.imports()))
    }

    /// The exported interfaces by name.
    pub fn export_names(&self) -> &Interfaces {
        self.export_names.get_or_init(|| Interfaces::of(&self.resolve, self.exports()))
    }

    /// All exported functions with the key of their interface, in the world's order.
    pub fn exported_functions(&self) -> impl Iterator<Item = (&WorldKey, Option<InterfaceId>, &Function)> {
        self.exports().iter().flat_map(|(key, item)| {
            let (interface, functions): (_, Vec<&Function>) = match item {
                WorldItem::Interface { id, .. } => {
                    (Some(*id), self.resolve.interfaces[*id].functions.values().collect())
                }
                WorldItem::Function(function) => (None, vec![function]),
                WorldItem::Type { .. } => (None, Vec::new()),
            };
            functions.into_iter().map(move |function| (key, interface, function))
        })
    }

    /// The module whose world has this export.
    pub fn exporter(&self, key: &WorldKey) -> ModuleId {
        self.exporters.get(&self.resolve.name_world_key(key)).copied().unwrap_or(ModuleId::MAIN)
    }

    /// The interfaces that the world exports.
    pub fn exported_interfaces(&self) -> impl Iterator<Item = (&WorldKey, InterfaceId)> {
        self.exports().iter().filter_map(|(key, item)| match item {
            WorldItem::Interface { id, .. } => Some((key, *id)),
            _ => None,
        })
    }

    /// The function of that name in an imported interface (or at the root), by its import's name.
    pub fn imported_function(&self, key: Option<&WorldKey>, name: &str) -> Option<&Function> {
        self.function(self.imports(), key, name)
    }

    /// The function of that name in an exported interface (or at the root), by its export's name.
    pub fn exported_function(&self, key: Option<&WorldKey>, name: &str) -> Option<&Function> {
        self.function(self.exports(), key, name)
    }

    fn function<'w>(
        &'w self,
        items: &'w wit_parser::IndexMap<WorldKey, WorldItem>,
        key: Option<&WorldKey>,
        name: &str,
    ) -> Option<&'w Function> {
        match key {
            Some(key) => match items.get(key)? {
                WorldItem::Interface { id, .. } => self.resolve.interfaces[*id].functions.get(name),
                _ => None,
            },
            None => match items.get(&WorldKey::Name(name.to_string()))? {
                WorldItem::Function(function) => Some(function),
                _ => None,
            },
        }
    }

    /// How the strings of a function lie in a module's memory.
    pub fn encoding(&self, module: ModuleId, interface: Option<&WorldKey>, function: &str) -> StringEncoding {
        self.declaration(module, interface, function).unwrap_or(StringEncoding::Utf8)
    }

    /// Whether a module's own world, and not only another module's, has this function.
    pub fn declares(&self, module: ModuleId, interface: Option<&WorldKey>, function: &str) -> bool {
        self.declaration(module, interface, function).is_some()
    }

    fn declaration(&self, module: ModuleId, interface: Option<&WorldKey>, function: &str) -> Option<StringEncoding> {
        match &self.declared {
            Declared::Each(declared) => {
                declared.get(&(module, interface_key(&self.resolve, interface)))?.get(function).copied()
            }
            Declared::All(owner, encoding) if *owner == module => {
                let has = |items: &wit_parser::IndexMap<WorldKey, WorldItem>| match interface {
                    Some(key) => match items.get(key) {
                        Some(WorldItem::Interface { id, .. }) => {
                            self.resolve.interfaces[*id].functions.contains_key(function)
                        }
                        _ => false,
                    },
                    None => matches!(items.get(&WorldKey::Name(function.to_string())), Some(WorldItem::Function(_))),
                };
                (has(self.imports()) || has(self.exports())).then_some(*encoding)
            }
            Declared::All(..) => None,
        }
    }

    /// The name under which the world imports or exports an interface.
    pub fn interface_name(&self, id: InterfaceId) -> Option<String> {
        let all = || self.imports().iter().chain(self.exports()).rev();
        let keys = self.keys.get_or_init(|| {
            let interfaces = all().filter_map(|(key, item)| match item {
                WorldItem::Interface { id, .. } => Some((*id, key.clone())),
                _ => None,
            });
            interfaces.collect()
        });
        keys.get(&id).map(|key| self.resolve.name_world_key(key))
    }

    /// The type behind aliases.
    pub fn definition(&self, id: TypeId) -> TypeId {
        abi::definition(&self.resolve, id)
    }

    /// The interface that owns a type.
    pub fn owner(&self, id: TypeId) -> Option<InterfaceId> {
        match self.resolve.types[id].owner {
            TypeOwner::Interface(interface) => Some(interface),
            _ => None,
        }
    }
}

/// `ns:pkg/interface` without the version, which may have been brought together with others; nothing for the world
/// itself.
fn interface_key(resolve: &Resolve, interface: Option<&WorldKey>) -> String {
    match interface {
        Some(WorldKey::Name(name)) => name.clone(),
        Some(WorldKey::Interface(id)) => {
            let interface = &resolve.interfaces[*id];
            let package = interface.package.map(|package| &resolve.packages[package].name);
            let (namespace, package) = package.map_or(("", ""), |name| (&name.namespace, &name.name));
            let interface = interface.name.as_deref().unwrap_or_default();
            [namespace, ":", package, "/", interface].concat()
        }
        None => String::new(),
    }
}

fn root_name() -> PackageName {
    PackageName { namespace: "root".into(), name: "component".into(), version: None }
}

/// Adds the world into which all others are joined.
fn add_root(resolve: &mut Resolve) -> WorldId {
    let name = root_name();
    let package = resolve.packages.alloc(wit_parser::Package {
        name: name.clone(),
        docs: Default::default(),
        interfaces: Default::default(),
        worlds: Default::default(),
    });
    let id = resolve.worlds.alloc(wit_parser::World {
        name: "root".into(),
        imports: Default::default(),
        exports: Default::default(),
        package: Some(package),
        docs: Default::default(),
        stability: Default::default(),
        includes: Default::default(),
        span: Span::default(),
    });
    resolve.packages[package].worlds.insert("root".into(), id);
    resolve.package_names.insert(name, package);
    id
}
