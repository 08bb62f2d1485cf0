//! `world`: the imports and exports of all modules, joined into one WIT world.
//!
//! Each module has its own world, in `component-type` sections or passed as WIT. The worlds are joined. Imports of an
//! interface in several compatible versions become a single import of the newest version. An interface that is both
//! imported and exported gets two IDs, so that each ID has a single meaning.

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
    /// WIT packages.
    pub resolve: Resolve,
    /// The joined world.
    pub id: WorldId,
    /// Module whose world contains an export, by the export's name.
    pub exporters: IndexMap<String, ModuleId>,
    /// Functions that each module's own world declares.
    declared: Declared,
    import_names: OnceLock<Interfaces>,
    export_names: OnceLock<Interfaces>,
    /// Keys of the interfaces that the world imports or exports.
    keys: OnceLock<HashMap<InterfaceId, WorldKey>>,
}

/// Functions of each module's own world, and the encoding of their strings in that module's memory.
#[derive(Debug)]
enum Declared {
    /// The only world, and the module that it belongs to.
    All(ModuleId, StringEncoding),
    /// By module and interface (see [`interface_key`]), then by function name.
    Each(HashMap<(ModuleId, String), HashMap<String, StringEncoding>>),
}

/// Joins the worlds of all modules.
///
/// `wit-parser` expects metadata that an encoder has written, and panics if it is inconsistent. The panic is caught and
/// reported as an error.
///
/// # Errors
///
/// Returns all errors: malformed metadata, contradictory definitions, duplicate exports and worlds that cannot be
/// merged.
pub(crate) fn join(modules: &[Module<'_>]) -> Result<World, Errors> {
    let at = Cell::new(0);
    let joined = panic::catch_unwind(AssertUnwindSafe(|| join_each(modules, &at)));
    joined.unwrap_or_else(|_| {
        let module = &modules[at.get()];
        let offset = module.metadata.first().map_or(0, |range| range.start);
        let message = "its definitions are inconsistent".to_string();
        Err(Error::Metadata { module: module.name.clone(), offset, message }.into())
    })
}

/// Joins the worlds one by one. Stores the index of the current module in `at`.
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
        if is_one {
            world.take(ModuleId(index), decoded);
        } else {
            world.add(&modules[index], ModuleId(index), decoded, &mut errors);
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

/// Source of a module's world.
#[derive(Clone, Copy)]
enum Origin {
    /// A `component-type` section.
    Section,
    /// WIT passed for the module.
    Given,
}

impl Origin {
    /// Formats a module and the source of its world.
    fn of(self, name: &str, index: usize) -> String {
        let word = if index == 0 { "" } else { "adapter " };
        match self {
            Origin::Section => format!("{word}`{name}`, in its `component-type` section"),
            Origin::Given => format!("{word}`{name}`, in the WIT passed for it"),
        }
    }
}

/// Returns true if a world imports an interface in several versions.
fn has_versions(wit: &Wit) -> bool {
    let mut seen = HashSet::default();
    let imports = wit.resolve.worlds[wit.world].imports.keys();
    let mut interfaces = imports.filter(|key| matches!(key, WorldKey::Interface(_)));
    !interfaces.all(|key| seen.insert(interface_key(&wit.resolve, Some(key))))
}

impl World {
    fn empty() -> World {
        // Feature gates were resolved when the WIT was parsed, and must not be applied again.
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

    /// Records the module that each export of a world comes from, and reports exports of several modules.
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

    /// Takes over the only world, under the name of a joined world unless it contains a package of that name.
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

    /// Adds one of several worlds.
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

    /// Records the functions that a module's own world declares.
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

    /// Returns the imports.
    pub fn imports(&self) -> &wit_parser::IndexMap<WorldKey, WorldItem> {
        &self.resolve.worlds[self.id].imports
    }

    /// Returns the exports.
    pub fn exports(&self) -> &wit_parser::IndexMap<WorldKey, WorldItem> {
        &self.resolve.worlds[self.id].exports
    }

    /// Returns the imported interfaces by name.
    pub fn import_names(&self) -> &Interfaces {
        self.import_names.get_or_init(|| Interfaces::of(&self.resolve, self.imports()))
    }

    /// Returns the exported interfaces by name.
    pub fn export_names(&self) -> &Interfaces {
        self.export_names.get_or_init(|| Interfaces::of(&self.resolve, self.exports()))
    }

    /// Iterates over all exported functions with the key of their interface, in the order of the world.
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

    /// Returns the module whose world contains this export.
    pub fn exporter(&self, key: &WorldKey) -> ModuleId {
        self.exporters.get(&self.resolve.name_world_key(key)).copied().unwrap_or(ModuleId::MAIN)
    }

    /// Iterates over the exported interfaces.
    pub fn exported_interfaces(&self) -> impl Iterator<Item = (&WorldKey, InterfaceId)> {
        self.exports().iter().filter_map(|(key, item)| match item {
            WorldItem::Interface { id, .. } => Some((key, *id)),
            _ => None,
        })
    }

    /// Finds a function in an imported interface, or at the root, by name.
    pub fn imported_function(&self, key: Option<&WorldKey>, name: &str) -> Option<&Function> {
        self.function(self.imports(), key, name)
    }

    /// Finds a function in an exported interface, or at the root, by name.
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

    /// Returns the encoding of a function's strings in a module's memory. Default: UTF-8.
    pub fn encoding(&self, module: ModuleId, interface: Option<&WorldKey>, function: &str) -> StringEncoding {
        self.declaration(module, interface, function).unwrap_or(StringEncoding::Utf8)
    }

    /// Returns true if the module's own world, and not only another module's, contains this function.
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

    /// Returns the name under which the world imports or exports an interface.
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

    /// Resolves the aliases of a type.
    pub fn definition(&self, id: TypeId) -> TypeId {
        abi::definition(&self.resolve, id)
    }

    /// Returns the interface that owns a type.
    pub fn owner(&self, id: TypeId) -> Option<InterfaceId> {
        match self.resolve.types[id].owner {
            TypeOwner::Interface(interface) => Some(interface),
            _ => None,
        }
    }
}

/// Returns `ns:pkg/interface` without the version, because compatible versions are merged. Returns an empty string for
/// the world itself.
fn interface_key(resolve: &Resolve, interface: Option<&WorldKey>) -> String {
    match interface {
        Some(WorldKey::Name(name)) => name.clone(),
        Some(WorldKey::Interface(id)) => {
            let interface = &resolve.interfaces[*id];
            let package = interface.package.expect("each interface of a world belongs to a package");
            let PackageName { namespace, name, .. } = &resolve.packages[package].name;
            let interface = interface.name.as_deref().expect("an interface that is not inline has a name");
            [namespace, ":", name, "/", interface].concat()
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
