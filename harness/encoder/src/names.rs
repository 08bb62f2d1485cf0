//! The spellings of core imports and exports, all of them in one place.
//!
//! Two manglings are understood. The older one has no specification beyond the tools that write it; the standard one
//! is `BuildTargets.md` of the component model's design documents, prefix `cm32p2`.

use wasmparser::{FuncType, ValType};
use wit_parser::{Resolve, TypeId, WorldKey};

/// Custom sections whose names start so carry a module's world.
pub(crate) const METADATA_PREFIX: &str = "component-type";
/// The custom section that only shared libraries have.
pub(crate) const LIBRARY: &str = "dylink.0";
/// The module from which an adapter imports what main exports.
pub(crate) const MAIN: &str = "__main_module__";
/// The module and field of the memory that an adapter shares with main.
pub(crate) const SHARED_MEMORY: (&str, &str) = ("env", "memory");
/// The module from which an adapter imports access to main's memory, whether it shares that memory or not.
pub(crate) const MAIN_MEMORY: &str = "__main_memory__";
/// The import module of the world's own functions.
pub(crate) const ROOT: &str = "$root";
const STANDARD: &str = "cm32p2";
/// The interface by which interposers, and adapters that are watched, report to the host.
pub(crate) const REPORTS: &str = "polyfill:interpose/calls@0.1.0";
/// An adapter's import of an interface that begins so is lowered as main would do it: in main's memory.
const IN_MAIN: &str = "[main-memory]";
/// An import module that begins so has the built-ins for the resources of an interface that is exported.
const EXPORT: &str = "[export]";
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

/// The function that runs a command.
pub(crate) const START: &str = "_start";
/// The module and field by which main starts a thread.
pub(crate) const THREAD_SPAWN: (&str, &str) = ("wasi", "thread-spawn");

/// The function by which main wants to hear of what the canonical ABI calls.
pub(crate) const TASK_HOOK: &str = "__wasm_task_hook";
/// Functions that read and write the base of main's thread-local storage.
const THREAD_LOCAL_BASE: [(&str, ThreadLocal); 2] =
    [("__wasm_get_tls_base", ThreadLocal::Get), ("__wasm_set_tls_base", ThreadLocal::Set)];

/// An access to the base of main's thread-local storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ThreadLocal {
    /// Reads it.
    Get,
    /// Writes it.
    Set,
}

/// What main means by an import, if it is for thread-local storage.
pub(crate) fn thread_local(module: &str, field: &str) -> Option<ThreadLocal> {
    let known = THREAD_LOCAL_BASE.iter().find(|(name, _)| module == "env" && *name == field);
    known.map(|(_, access)| *access)
}

/// Exported functions that have a meaning in every world, and their types.
pub(crate) fn reserved() -> [(&'static str, FuncType); 4] {
    let realloc = FuncType::new([ValType::I32; 4], [ValType::I32]);
    let [initialize, standard] = INITIALIZE.map(|name| (name, FuncType::new([], [])));
    [("cabi_realloc", realloc.clone()), ("cm32p2_realloc", realloc), initialize, standard]
}

/// Whether an exported function has a meaning whatever the world is: it serves others, and is not there to be called.
pub(crate) fn has_meaning(name: &str) -> bool {
    let reallocs = [MAIN_REALLOCS, IMPORT_REALLOCS, EXPORT_REALLOCS].concat();
    let reserved = reallocs.contains(&name) || INITIALIZE.contains(&name) || name == TASK_HOOK;
    reserved || name == "wasi_thread_start" || name.starts_with("__") || may_not_leave(name)
}

/// An import taken apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ImportName<'a> {
    /// The interface, or none for the world's root.
    pub interface: Option<Interface<'a>>,
    /// The import concerns something that the component exports.
    pub exported: bool,
    /// An adapter asks for it as main would: in main's memory.
    pub in_main: bool,
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

/// The import module under which an adapter gets what main would get from `module`.
pub(crate) fn in_main(module: &str) -> String {
    format!("{IN_MAIN}{module}")
}

/// The import module of an interface, or of the built-ins for the resources of an interface that is exported.
pub(crate) fn in_side(interface: &str, exported: bool) -> String {
    if exported { format!("{EXPORT}{interface}") } else { interface.to_string() }
}

/// The field under which `resource.drop` is imported.
pub(crate) fn resource_drop(resource: &str) -> String {
    format!("[resource-drop]{resource}")
}

/// Whether an import module is the encoder's own, and never an adapter's.
pub(crate) fn is_reserved(module: &str) -> bool {
    module == MAIN || module == MAIN_MEMORY || module.starts_with(IN_MAIN)
}

/// A function that copies between an isolated adapter's memory and main's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Copy {
    /// `load(to: own address, from: main's address, length)`.
    Load,
    /// `store(to: main's address, from: own address, length)`.
    Store,
    /// `size() -> bytes`: how large main's memory is, 2^32 - 1 if it is larger.
    Size,
}

impl Copy {
    /// All of them.
    pub const ALL: [Copy; 3] = [Copy::Load, Copy::Store, Copy::Size];

    /// The import's field.
    pub fn field(self) -> &'static str {
        match self {
            Copy::Load => "load",
            Copy::Store => "store",
            Copy::Size => "size",
        }
    }
}

/// Takes an import apart.
pub(crate) fn parse_import<'a>(module: &'a str, field: &'a str) -> ImportName<'a> {
    let whole_word = |rest: &&str| rest.is_empty() || rest.starts_with('|');
    if let Some(rest) = module.strip_prefix(STANDARD).filter(whole_word) {
        let (exported, interface) = match rest.strip_prefix('|') {
            Some(rest) => match rest.strip_prefix("_ex_") {
                Some(rest) => (true, Some(Interface { name: rest, standard: true })),
                None => (false, Some(Interface { name: rest, standard: true })),
            },
            None => (false, None),
        };
        return ImportName { interface, exported, in_main: false, item: standard_item(field) };
    }
    let (in_main, module) = match module.strip_prefix(IN_MAIN) {
        Some(rest) => (true, rest),
        None => (false, module),
    };
    let (exported, name) = match module.strip_prefix(EXPORT) {
        Some(rest) => (true, rest),
        None => (false, module),
    };
    let interface = (name != ROOT).then_some(Interface { name, standard: false });
    ImportName { interface, exported, in_main, item: legacy_item(field) }
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

/// The canonical ABI calls an exported function of that name in the middle of something: it may call nothing of the world.
pub(crate) fn may_not_leave(name: &str) -> bool {
    let post_return = name.starts_with("cabi_post_") || (name.starts_with(STANDARD) && name.ends_with("_post"));
    post_return || IMPORT_REALLOCS.contains(&name) || EXPORT_REALLOCS.contains(&name)
}

/// An exported function is there for an asynchronous lift.
pub(crate) fn is_async_export(name: &str) -> bool {
    ["[async-lift", "[callback]"].iter().any(|prefix| name.starts_with(prefix))
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
