//! The spellings of core imports and exports, all of them in one place.
//!
//! Two manglings are understood. The older one has no specification beyond the tools that write it; the standard one
//! is `BuildTargets.md` of the component model's design documents, prefix `cm32p2`.

use wasmparser::{FuncType, ValType};
use wit_parser::{Resolve, TypeId, WorldKey};

/// Custom sections whose names start so carry a module's world.
pub(crate) const METADATA_PREFIX: &str = "component-type";
/// The module from which an adapter imports what main exports.
pub(crate) const MAIN: &str = "__main_module__";
/// The module and field of the memory that an adapter shares with main.
pub(crate) const SHARED_MEMORY: (&str, &str) = ("env", "memory");
/// The import module of the world's own functions.
const ROOT: &str = "$root";
const STANDARD: &str = "cm32p2";
/// Names under which main may offer its realloc to adapters, the preferred one first.
pub(crate) const MAIN_REALLOCS: [&str; 4] =
    ["cabi_realloc_adapter", "cabi_realloc", "canonical_abi_realloc", "cm32p2_realloc"];
/// Names under which an adapter may ask for main's realloc.
pub(crate) const WANTED_REALLOCS: [&str; 2] = ["cabi_realloc", "canonical_abi_realloc"];
/// Names of the realloc that serves lowered imports, the preferred one first.
pub(crate) const IMPORT_REALLOCS: [&str; 4] =
    ["cabi_import_realloc", "cabi_realloc", "canonical_abi_realloc", "cm32p2_realloc"];
/// Names of the realloc that serves lifted exports, the preferred one first.
pub(crate) const EXPORT_REALLOCS: [&str; 4] =
    ["cabi_export_realloc", "cabi_realloc", "canonical_abi_realloc", "cm32p2_realloc"];
/// Names of the memory that the canonical ABI uses.
pub(crate) const MEMORIES: [&str; 2] = ["memory", "cm32p2_memory"];
/// Names of the function that initialises a reactor.
pub(crate) const INITIALIZE: [&str; 2] = ["_initialize", "cm32p2_initialize"];

/// Exported functions that have a meaning in every world, and their types.
pub(crate) fn reserved() -> [(&'static str, FuncType); 4] {
    let realloc = FuncType::new([ValType::I32; 4], [ValType::I32]);
    let [initialize, standard] = INITIALIZE.map(|name| (name, FuncType::new([], [])));
    [("cabi_realloc", realloc.clone()), ("cm32p2_realloc", realloc), initialize, standard]
}

/// An import taken apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ImportName<'a> {
    /// The interface, or none for the world's root.
    pub interface: Option<Interface<'a>>,
    /// The import concerns something that the component exports.
    pub exported: bool,
    /// What it is.
    pub item: Item<'a>,
}

/// An interface's name and how it was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Interface<'a> {
    /// The name.
    pub name: &'a str,
    /// In the standard mangling, where a version is cut to its compatibility track.
    pub standard: bool,
}

/// What an import is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Item<'a> {
    /// A function.
    Func(&'a str),
    /// `resource.new`.
    ResourceNew(&'a str),
    /// `resource.rep`.
    ResourceRep(&'a str),
    /// `resource.drop`.
    ResourceDrop(&'a str),
    /// Something asynchronous.
    Async,
}

/// Takes an import apart.
pub(crate) fn parse_import<'a>(module: &'a str, field: &'a str) -> ImportName<'a> {
    if let Some(rest) = module.strip_prefix(STANDARD) {
        let (exported, interface) = match rest.strip_prefix('|') {
            Some(rest) => match rest.strip_prefix("_ex_") {
                Some(rest) => (true, Some(Interface { name: rest, standard: true })),
                None => (false, Some(Interface { name: rest, standard: true })),
            },
            None => (false, None),
        };
        return ImportName { interface, exported, item: standard_item(field) };
    }
    let (exported, name) = match module.strip_prefix("[export]") {
        Some(rest) => (true, rest),
        None => (false, module),
    };
    let interface = (name != ROOT).then_some(Interface { name, standard: false });
    ImportName { interface, exported, item: legacy_item(field) }
}

fn standard_item(field: &str) -> Item<'_> {
    // A WIT name has no underscore, so these endings are never part of a function's name.
    if let Some(name) = field.strip_suffix("_new") {
        Item::ResourceNew(name)
    } else if let Some(name) = field.strip_suffix("_rep") {
        Item::ResourceRep(name)
    } else if let Some(name) = field.strip_suffix("_drop") {
        Item::ResourceDrop(name)
    } else {
        Item::Func(field)
    }
}

fn legacy_item(field: &str) -> Item<'_> {
    const ASYNC: [&str; 17] = [
        "[async-lower]",
        "[backpressure-",
        "[cancellable]",
        "[context-",
        "[error-context-",
        "[future-",
        "[stream-",
        "[subtask-",
        "[task-",
        "[thread-",
        "[waitable-",
        "[async-lift",
        "[callback]",
        "__wasm_get_stack_pointer",
        "__wasm_set_stack_pointer",
        "__wasm_get_tls_base",
        "__wasm_set_tls_base",
    ];
    if let Some(name) = field.strip_prefix("[resource-new]") {
        Item::ResourceNew(name)
    } else if let Some(name) = field.strip_prefix("[resource-rep]") {
        Item::ResourceRep(name)
    } else if let Some(name) = field.strip_prefix("[resource-drop]") {
        Item::ResourceDrop(name)
    } else if ASYNC.iter().any(|prefix| field.starts_with(prefix)) {
        Item::Async
    } else {
        Item::Func(field)
    }
}

/// An exported function is there for an asynchronous lift.
pub(crate) fn is_async_export(name: &str) -> bool {
    ["[async-lift", "[callback]", "__wasm_task_hook", "__wasm_init_task"].iter().any(|prefix| name.starts_with(prefix))
}

/// The core names that an exported function may have, the preferred one first.
pub(crate) fn func_exports(resolve: &Resolve, interface: Option<&WorldKey>, func: &str) -> [String; 2] {
    match interface {
        Some(key) => [
            format!("{}#{func}", resolve.name_world_key(key)),
            format!("{STANDARD}|{}|{func}", resolve.name_canonicalized_world_key(key)),
        ],
        None => [func.to_string(), format!("{STANDARD}||{func}")],
    }
}

/// The core name of the function to call after `export` has returned.
pub(crate) fn post_return(export: &str) -> String {
    if export.starts_with(STANDARD) { format!("{export}_post") } else { format!("cabi_post_{export}") }
}

/// The core names that the destructor of an exported resource may have.
pub(crate) fn destructors(resolve: &Resolve, interface: &WorldKey, resource: TypeId) -> [String; 2] {
    let name = resolve.types[resource].name.as_deref().unwrap_or_default();
    [
        format!("{}#[dtor]{name}", resolve.name_world_key(interface)),
        format!("{STANDARD}|{}|{name}_dtor", resolve.name_canonicalized_world_key(interface)),
    ]
}

/// The name of an interface without its version.
pub(crate) fn versionless(name: &str) -> &str {
    match (name.find('/'), name.find('@')) {
        (Some(_), Some(at)) => &name[..at],
        _ => name,
    }
}
