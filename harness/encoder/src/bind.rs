//! `bind`: resolves each core import and export, and checks its type against the required type.
//!
//! All errors are reported, not only the first one.

use wasmparser::{FuncType, ValType};
use wit_parser::{TypeDefKind, TypeId, WorldItem, WorldKey};

use crate::canon::{Abi, Direction};
use crate::error::Error;
use crate::hint;
use crate::hooks::hook_type;
use crate::interpose;
use crate::layers::Layers;
use crate::names::{self, Item, ThreadLocal};
use crate::plan::{CoreRef, FuncRef, Kind, ModuleId};
use crate::read::{Extern, Import, Module, signature};
use crate::thread_local;
use crate::unknown::{self, Unknown};
use crate::world::{Interfaces, World};

/// Resolved imports and exports of one module.
#[derive(Debug, Default)]
pub(crate) struct Bound {
    /// Meaning of each import, in the order of the module.
    pub imports: Vec<Meaning>,
    /// Functions of the world that this module exports.
    pub functions: Vec<ExportedFunction>,
    /// Destructors of the exported resources that this module implements.
    pub destructors: Vec<(TypeId, CoreRef)>,
}

/// Resolved meaning of an import.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Meaning {
    /// A function of the world.
    Function(FuncRef, Side),
    /// `resource.new` of an exported resource.
    ResourceNew(TypeId),
    /// `resource.rep` of an exported resource.
    ResourceRep(TypeId),
    /// `resource.drop` of a resource.
    ResourceDrop(TypeId),
    /// A function of an adapter.
    Adapter(ModuleId, String),
    /// An export of main.
    Main(String, Kind),
    /// The memory that an adapter works in, or the memory that main imports.
    Memory,
    /// A copy function between an adapter's memory and main's.
    Copy(names::MainMemoryOp),
    /// The base of main's thread-local storage.
    ThreadLocal(ThreadLocal),
}

impl Meaning {
    /// Returns the WIT function that the import lowers.
    pub fn lowered<'w>(&self, world: &'w World) -> Option<&'w wit_parser::Function> {
        match self {
            Meaning::Function(function, _) => world.imported_function(function.key.as_ref(), &function.name),
            _ => None,
        }
    }
}

/// Module whose memory and realloc are used to lower a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The importing module.
    Own,
    /// Main.
    Main,
}

/// A function that the world exports, with the core functions that implement it.
#[derive(Clone, Debug)]
pub(crate) struct ExportedFunction {
    /// The WIT function.
    pub function: FuncRef,
    /// The core function.
    pub core: CoreRef,
    /// Function to call after it.
    pub post_return: Option<CoreRef>,
}

/// An import that is being resolved.
struct Unresolved<'i> {
    module: &'i Module<'i>,
    import: &'i Import,
    /// True if hints are computed for an error.
    hinted: bool,
}

impl Unresolved<'_> {
    /// Returns the error for an import that cannot be resolved.
    fn error(&self, reason: String, hints: Vec<String>) -> Error {
        Error::UnknownImport {
            module: self.module.name.clone(),
            import_module: self.import.module.clone(),
            field: self.import.field.clone(),
            offset: self.import.offset,
            reason,
            hints,
        }
    }
}

/// Resolves imports and exports against the world and the adapters.
pub(crate) struct Binder<'a> {
    world: &'a World,
    modules: &'a [Module<'a>],
    layers: Layers<'a>,
}

impl<'a> Binder<'a> {
    /// Creates a binder. `modules` are main and all adapters before garbage collection.
    pub fn new(world: &'a World, modules: &'a [Module<'a>]) -> Self {
        Binder { world, modules, layers: Layers::of(modules) }
    }

    /// Resolves all imports of a module. `id` identifies the input module; `module` may be its garbage-collected
    /// version. The result is `None` for each import that is an error.
    pub fn imports(&self, id: ModuleId, module: &Module<'_>, errors: &mut Vec<Error>) -> Vec<Option<Meaning>> {
        let mut abi = Abi::new(&self.world.resolve);
        let mut meanings = Vec::new();
        for import in &module.imports {
            let hinted = errors.len() < hint::MOST;
            let meaning = self.import(id, module, import, &mut abi, hinted);
            meanings.push(meaning.map_err(|error| errors.push(error)).ok());
        }
        meanings
    }

    /// Resolves one import of a module. Hints are computed only if `hinted` is set.
    pub fn import(
        &self,
        id: ModuleId,
        module: &Module<'_>,
        import: &Import,
        abi: &mut Abi<'_>,
        hinted: bool,
    ) -> Result<Meaning, Error> {
        let unresolved = Unresolved { module, import, hinted };
        let unknown = |reason: String, hints: Vec<String>| unresolved.error(reason, hints);
        if matches!(import.ty, Extern::Func(_)) && !import.ty.is_plain() {
            return Err(unknown(
                "its type refers to types that are defined in the module and unknown to other modules".into(),
                vec!["pass `funcref` or a number instead of a typed reference".into()],
            ));
        }
        if id != ModuleId::MAIN && import.module == names::MAIN {
            let field = import.field.clone();
            return Ok(match self.layers.in_front_of_main(id, &field) {
                Some(layer) => Meaning::Adapter(layer, field),
                None => Meaning::Main(field, kind(&import.ty)),
            });
        }
        if id != ModuleId::MAIN && import.module == names::MAIN_MEMORY {
            let copy = names::MainMemoryOp::ALL.into_iter().find(|copy| copy.field() == import.field);
            let known = || names::MainMemoryOp::ALL.iter().map(|copy| copy.field());
            let meaning = copy.map(|copy| (Meaning::Copy(copy), copy_type(copy)));
            return match meaning {
                Some((meaning, ty)) if import.ty == Extern::Func(Some(ty.clone())) => Ok(meaning),
                Some((_, ty)) => Err(wrong_import(module, import, &ty)),
                None => Err(unknown("unknown copy function".into(), hint::near(&import.field, known()))),
            };
        }
        if let Extern::Func(_) = import.ty
            && let Some(layer) = self.layers.layer_of(id, &import.module, &import.field)
        {
            return Ok(Meaning::Adapter(layer, import.field.clone()));
        }
        if let Extern::Memory(_) = import.ty {
            let shared = (import.module.as_str(), import.field.as_str()) == names::SHARED_MEMORY;
            return match id {
                ModuleId::MAIN if !shared => Err(unknown(
                    "main can import a memory only as `env` `memory`".into(),
                    vec!["link it with `--import-memory`".into()],
                )),
                ModuleId::MAIN if !is_first_memory(module, import) => {
                    Err(unknown("main can import only one memory".into(), Vec::new()))
                }
                _ if shared => Ok(Meaning::Memory),
                _ => Err(unknown(
                    "an adapter can import a memory only as `env` `memory`".into(),
                    vec!["link it with `--import-memory`".into()],
                )),
            };
        }
        let Extern::Func(ty) = &import.ty else {
            let reason = format!("components and adapters provide only functions, not a {}", import.ty.kind());
            return Err(unknown(reason, unknown::not_a_function(import)));
        };
        if let Some(access) = names::thread_local(&import.module, &import.field).filter(|_| id == ModuleId::MAIN) {
            return thread_local::bind(module, import, access).map(|()| Meaning::ThreadLocal(access));
        }
        let (meaning, expected) = match self.function_import(id, &unresolved, abi) {
            Ok(found) => found,
            Err(error @ Error::UnknownImport { .. }) => {
                // An adapter implements the module but lacks the function. `demand` reports this together with the
                // chain of importers.
                let layer = self.layers.serving(id, &import.module).into_iter().next();
                return layer.map(|layer| Meaning::Adapter(layer, import.field.clone())).ok_or(error);
            }
            Err(error) => return Err(error),
        };
        if ty.as_ref() != Some(&expected) {
            return Err(wrong_import(module, import, &expected));
        }
        Ok(meaning)
    }

    fn function_import(
        &self,
        id: ModuleId,
        unresolved: &Unresolved<'_>,
        abi: &mut Abi<'_>,
    ) -> Result<(Meaning, FuncType), Error> {
        let &Unresolved { module, import, hinted } = unresolved;
        let unknown = |reason: String, hints: Vec<String>| unresolved.error(reason, hints);
        let name = names::parse_import(&import.module, &import.field);
        let side = if name.exported { self.world.export_names() } else { self.world.import_names() };
        let key = match name.interface {
            Some(interface) => match self.interface(side, &interface) {
                Some(key) => Some(key),
                None if name.item == Item::Async => {
                    return Err(Error::Async { module: module.name.clone(), item: item(import) });
                }
                None => {
                    let (world, modules, exported) = (self.world, self.modules, name.exported);
                    let found = Unknown { world, modules, id, exported, interface: interface.name, import };
                    let hints = if hinted { found.hints() } else { Vec::new() };
                    return Err(unknown(found.reason(), hints));
                }
            },
            None => None,
        };
        let resource = |wanted: &str| {
            self.resource(key, name.exported, wanted).ok_or_else(|| {
                let place = name.interface.map_or("the world's root".into(), |i| format!("`{}`", i.name));
                let side = if name.exported { "exports" } else { "imports" };
                unknown(format!("{place} has no resource `{wanted}` that the world {side}"), Vec::new())
            })
        };
        let i32s =
            |params: usize, results: usize| FuncType::new(vec![ValType::I32; params], vec![ValType::I32; results]);
        Ok(match name.item {
            Item::Async => return Err(Error::Async { module: module.name.clone(), item: item(import) }),
            Item::ResourceNew(wanted) if name.exported => (Meaning::ResourceNew(resource(wanted)?), i32s(1, 1)),
            Item::ResourceRep(wanted) if name.exported => (Meaning::ResourceRep(resource(wanted)?), i32s(1, 1)),
            Item::ResourceDrop(wanted) => (Meaning::ResourceDrop(resource(wanted)?), i32s(1, 0)),
            Item::ResourceNew(_) | Item::ResourceRep(_) => {
                return Err(unknown(
                    "only the module that implements a resource can import this built-in".into(),
                    vec![format!("import it from `[export]{}`", import.module)],
                ));
            }
            Item::Func(_) if name.exported => {
                return Err(unknown("unknown built-in function".into(), Vec::new()));
            }
            Item::Func(wanted) => {
                let Some(function) = self.world.imported_function(key, wanted) else {
                    return Err(self.no_function(key, wanted, unresolved));
                };
                let asker = self.asker(id, &name, key, wanted);
                let reports = self.modules[id.0].layer.reports && import.module == names::REPORTS;
                if !reports && !self.world.declares(asker, key, wanted) {
                    return Err(unknown(
                        "the function is declared in another module's world, but not in this module's world".into(),
                        vec![format!("provide WIT for `{}`, or embed it in a `component-type` section", module.name)],
                    ));
                }
                if function.kind.is_async() {
                    return Err(Error::Async { module: module.name.clone(), item: item(import) });
                }
                let reference = func_ref(self.world, key, wanted);
                let side = if self.in_main(id, &name) { Side::Main } else { Side::Own };
                (Meaning::Function(reference, side), abi.signature(function, Direction::Lower))
            }
        })
    }

    /// Returns true if an adapter's import is lowered with main's memory and realloc.
    fn in_main(&self, id: ModuleId, name: &names::ImportName<'_>) -> bool {
        // Interposition adapters send reports from their own memory.
        let reports = name.interface.as_ref().is_some_and(|interface| interface.name == interpose::INTERFACE);
        id != ModuleId::MAIN && (name.in_main || (self.modules[id.0].layer.transparent && !reports))
    }

    /// Returns the module whose world must declare the function. For an import that is lowered for main, this is main
    /// if the importer's own world does not declare it.
    fn asker(&self, id: ModuleId, name: &names::ImportName<'_>, key: Option<&WorldKey>, wanted: &str) -> ModuleId {
        if self.in_main(id, name) && !self.world.declares(id, key, wanted) { ModuleId::MAIN } else { id }
    }

    fn interface<'s>(&self, side: &'s Interfaces, interface: &names::Interface<'_>) -> Option<&'s WorldKey> {
        if interface.standard {
            side.on_track(&self.world.resolve, interface.name)
        } else {
            side.get(&self.world.resolve, interface.name)
        }
    }

    fn resource(&self, key: Option<&WorldKey>, exported: bool, name: &str) -> Option<TypeId> {
        let items = if exported { self.world.exports() } else { self.world.imports() };
        let id = match key {
            Some(key) => match items.get(key)? {
                WorldItem::Interface { id, .. } => *self.world.resolve.interfaces[*id].types.get(name)?,
                _ => return None,
            },
            None => match self.world.imports().get(&WorldKey::Name(name.to_string()))? {
                WorldItem::Type { id, .. } => *id,
                _ => return None,
            },
        };
        let id = self.world.definition(id);
        matches!(self.world.resolve.types[id].kind, TypeDefKind::Resource).then_some(id)
    }

    fn no_function(&self, key: Option<&WorldKey>, wanted: &str, unresolved: &Unresolved<'_>) -> Error {
        let names: Vec<&str> = match key.map(|key| (key, self.world.imports().get(key))) {
            _ if !unresolved.hinted => Vec::new(),
            Some((_, Some(WorldItem::Interface { id, .. }))) => {
                self.world.resolve.interfaces[*id].functions.keys().map(String::as_str).collect()
            }
            _ => self
                .world
                .imports()
                .iter()
                .filter(|(_, item)| matches!(item, WorldItem::Function(_)))
                .filter_map(|(key, _)| match key {
                    WorldKey::Name(name) => Some(name.as_str()),
                    WorldKey::Interface(_) => None,
                })
                .collect(),
        };
        let place = match key {
            Some(key) => format!("interface `{}`", self.world.resolve.name_world_key(key)),
            None => "the world".to_string(),
        };
        unresolved.error(format!("{place} has no function `{wanted}`"), hint::near(wanted, names.into_iter()))
    }

    /// Resolves the functions of the world and the destructors that a module exports. Imports are left to
    /// [`Binder::imports`].
    pub fn exports(&self, id: ModuleId, module: &Module<'_>, errors: &mut Vec<Error>) -> Bound {
        let abi = Abi::new(&self.world.resolve);
        let mut bound = Bound::default();
        for (key, interface, function) in self.world.exported_functions() {
            if self.world.exporter(key) != id {
                continue;
            }
            let key = interface.map(|_| key);
            let reference = func_ref(self.world, key, &function.name);
            if function.kind.is_async() {
                errors.push(Error::Async { module: module.name.clone(), item: format!("`{reference}`") });
                continue;
            }
            let names = names::func_exports(&self.world.resolve, key, &function.name);
            let Some(export) = names.iter().find_map(|name| module.export(name)) else {
                let hinted = errors.len() < hint::MOST;
                errors.push(missing_export(module, &reference, &names, hinted));
                continue;
            };
            let expected = abi.signature(function, Direction::Lift);
            match &export.ty {
                Extern::Func(Some(found)) if *found == expected => {}
                other => {
                    let found = match other {
                        Extern::Func(ty) => ty.as_ref(),
                        _ => None,
                    };
                    errors.push(wrong_type(
                        module,
                        "exports",
                        format!("`{}`", export.name),
                        export.offset,
                        &expected,
                        found,
                    ));
                    continue;
                }
            }
            let post_return = module.export(&names::post_return(&export.name));
            if let Some(post) = post_return {
                let wanted = FuncType::new(expected.results().iter().copied(), []);
                if post.ty != Extern::Func(Some(wanted.clone())) {
                    let found = match &post.ty {
                        Extern::Func(ty) => ty.as_ref(),
                        _ => None,
                    };
                    errors.push(wrong_type(module, "exports", format!("`{}`", post.name), post.offset, &wanted, found));
                }
            }
            bound.functions.push(ExportedFunction {
                function: reference,
                core: CoreRef::new(id, &export.name),
                post_return: post_return.map(|post| CoreRef::new(id, &post.name)),
            });
        }
        self.destructors(id, module, &mut bound, errors);
        if let (ModuleId::MAIN, Some(export)) = (id, module.export(names::TASK_HOOK))
            && let Extern::Func(found) = &export.ty
            && found.as_ref() != Some(&hook_type())
        {
            let item = format!("`{}`", export.name);
            errors.push(wrong_type(module, "exports", item, export.offset, &hook_type(), found.as_ref()));
        }
        reserved(module, errors);
        bound
    }

    fn destructors(&self, id: ModuleId, module: &Module<'_>, bound: &mut Bound, errors: &mut Vec<Error>) {
        for (key, interface) in self.world.exported_interfaces() {
            if self.world.exporter(key) != id {
                continue;
            }
            for resource in self.world.resolve.interfaces[interface].types.values().copied() {
                if !matches!(self.world.resolve.types[resource].kind, TypeDefKind::Resource) {
                    continue;
                }
                let names = names::destructors(&self.world.resolve, key, resource);
                let Some(export) = names.iter().find_map(|name| module.export(name)) else { continue };
                let expected = FuncType::new([ValType::I32], []);
                match &export.ty {
                    Extern::Func(Some(found)) if *found == expected => {
                        bound.destructors.push((resource, CoreRef::new(id, &export.name)));
                    }
                    Extern::Func(found) => {
                        let item = format!("`{}`", export.name);
                        errors.push(wrong_type(module, "exports", item, export.offset, &expected, found.as_ref()));
                    }
                    _ => {}
                }
            }
        }
    }
}

/// Checks the types of exports with reserved names. With another type, they would be ignored without an error.
fn reserved(module: &Module<'_>, errors: &mut Vec<Error>) {
    for (name, ty) in names::reserved() {
        let Some(export) = module.export(name) else { continue };
        if let Extern::Func(found) = &export.ty
            && found.as_ref() != Some(&ty)
        {
            errors.push(wrong_type(module, "exports", format!("`{name}`"), export.offset, &ty, found.as_ref()));
        }
    }
}

/// Returns a reference to a function of the world.
pub(crate) fn func_ref(world: &World, key: Option<&WorldKey>, name: &str) -> FuncRef {
    FuncRef { key: key.cloned(), interface: key.map(|key| world.resolve.name_world_key(key)), name: name.to_string() }
}

/// Returns the type of a copy function.
pub(crate) fn copy_type(copy: names::MainMemoryOp) -> FuncType {
    match copy {
        names::MainMemoryOp::Load | names::MainMemoryOp::Store => FuncType::new([ValType::I32; 3], []),
        names::MainMemoryOp::Size => FuncType::new([], [ValType::I32]),
    }
}

fn kind(ty: &Extern) -> Kind {
    match ty {
        Extern::Func(_) => Kind::Func,
        Extern::Memory(_) => Kind::Memory,
        Extern::Table(_) => Kind::Table,
        Extern::Global(_) => Kind::Global,
        Extern::Tag(_) => Kind::Tag,
    }
}

fn is_first_memory(module: &Module<'_>, import: &Import) -> bool {
    let first = module.imports.iter().find(|import| matches!(import.ty, Extern::Memory(_)));
    first.is_some_and(|first| first.offset == import.offset)
}

fn item(import: &Import) -> String {
    format!("`{}` `{}`", import.module, import.field)
}

/// Returns the error for an import whose type differs from that of its source.
pub(crate) fn wrong_import(module: &Module<'_>, import: &Import, expected: &FuncType) -> Error {
    let found = match &import.ty {
        Extern::Func(ty) => ty.as_ref(),
        _ => None,
    };
    wrong_type(module, "imports", item(import), import.offset, expected, found)
}

fn wrong_type(
    module: &Module<'_>,
    direction: &'static str,
    item: String,
    offset: usize,
    expected: &FuncType,
    found: Option<&FuncType>,
) -> Error {
    Error::WrongType {
        module: module.name.clone(),
        direction,
        item,
        offset,
        expected: signature(expected),
        found: found.map_or("not a function with a plain `func` type".into(), signature),
    }
}

fn missing_export(module: &Module<'_>, function: &FuncRef, names: &[String; 2], hinted: bool) -> Error {
    let all = if hinted { &module.exports[..] } else { &[] };
    let exported = all.iter().filter(|e| matches!(e.ty, Extern::Func(_))).map(|e| e.name.as_str());
    if let Some(export) = all.iter().find(|e| names::is_async_export(&e.name) && e.name.ends_with(&names[0])) {
        return Error::Async { module: module.name.clone(), item: format!("`{}`", export.name) };
    }
    Error::MissingExport {
        module: module.name.clone(),
        function: function.to_string(),
        names: names.to_vec(),
        hints: hint::near(&names[0], exported),
    }
}
