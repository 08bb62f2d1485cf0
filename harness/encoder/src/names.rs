//! Names of core imports and exports. All of them are defined here.
//!
//! Two manglings are supported. The standard mangling has the prefix `cm32p2` and is specified in [BuildTargets]. The
//! legacy mangling is defined only by the tools that use it, such as [`wit-component`].
//!
//! [BuildTargets]: https://github.com/WebAssembly/component-model/blob/main/design/mvp/BuildTargets.md
//! [`wit-component`]: https://docs.rs/wit-component

use wasmparser::{FuncType, ValType};
use wit_parser::{Resolve, TypeId, WorldKey};

/// Prefix of the custom sections that contain a module's world.
pub(crate) const METADATA_PREFIX: &str = "component-type";
/// Name of the custom section that identifies shared libraries ([dynamic linking]).
///
/// [dynamic linking]: https://github.com/WebAssembly/tool-conventions/blob/main/DynamicLinking.md
pub(crate) const LIBRARY: &str = "dylink.0";
/// Module from which an adapter imports main's exports.
pub(crate) const MAIN: &str = "__main_module__";
/// Module and field of main's memory, as imported by adapters that share it.
pub(crate) const SHARED_MEMORY: (&str, &str) = ("env", "memory");
/// Module from which an adapter imports access to main's memory, in any form.
pub(crate) const MAIN_MEMORY: &str = "__main_memory__";
/// Import module of the functions that the world imports directly.
pub(crate) const ROOT: &str = "$root";
const STANDARD: &str = "cm32p2";
/// Interface through which interposition adapters, and adapters with reports enabled, report to the host.
pub(crate) const REPORTS: &str = "polyfill:interpose/calls@0.1.0";
/// Prefix of an adapter's import module for interfaces that are lowered with main's memory and realloc.
const IN_MAIN: &str = "[main-memory]";
/// Prefix of an import module for the resource built-ins of an exported interface.
const EXPORT: &str = "[export]";
/// Names of main's realloc for adapters, in order of preference.
pub(crate) const MAIN_REALLOCS: [&str; 4] =
    ["cabi_realloc_adapter", "cabi_realloc", "canonical_abi_realloc", "cm32p2_realloc"];
/// Field names under which an adapter can import main's realloc.
pub(crate) const WANTED_REALLOCS: [&str; 2] = ["cabi_realloc", "canonical_abi_realloc"];
/// Names of the realloc for lowered imports, in order of preference.
pub(crate) const IMPORT_REALLOCS: [&str; 4] =
    ["cabi_import_realloc", "cabi_realloc", "canonical_abi_realloc", "cm32p2_realloc"];
/// Names of the realloc for lifted exports, in order of preference.
pub(crate) const EXPORT_REALLOCS: [&str; 4] =
    ["cabi_export_realloc", "cabi_realloc", "canonical_abi_realloc", "cm32p2_realloc"];
/// Names of the memory for the canonical ABI.
pub(crate) const MEMORIES: [&str; 2] = ["memory", "cm32p2_memory"];
/// Names of the initialization function of a reactor.
pub(crate) const INITIALIZE: [&str; 2] = ["_initialize", "cm32p2_initialize"];

/// Name of the entry point of a command.
pub(crate) const START: &str = "_start";
/// Module and field of the function that starts a thread (`wasi-threads`).
pub(crate) const THREAD_SPAWN: (&str, &str) = ("wasi", "thread-spawn");

/// Name of main's task hook, which is called for calls by the canonical ABI.
pub(crate) const TASK_HOOK: &str = "__wasm_task_hook";
/// Functions that read and write the base of main's thread-local storage.
const THREAD_LOCAL_BASE: [(&str, ThreadLocal); 2] =
    [("__wasm_get_tls_base", ThreadLocal::Get), ("__wasm_set_tls_base", ThreadLocal::Set)];

/// An access to the base of main's thread-local storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ThreadLocal {
    /// Read access.
    Get,
    /// Write access.
    Set,
}

/// Returns the access to thread-local storage that an import of main stands for, if any.
pub(crate) fn thread_local(module: &str, field: &str) -> Option<ThreadLocal> {
    let known = THREAD_LOCAL_BASE.iter().find(|(name, _)| module == "env" && *name == field);
    known.map(|(_, access)| *access)
}

/// Returns exported functions with reserved names and their required types.
pub(crate) fn reserved() -> [(&'static str, FuncType); 4] {
    let realloc = FuncType::new([ValType::I32; 4], [ValType::I32]);
    let [initialize, standard] = INITIALIZE.map(|name| (name, FuncType::new([], [])));
    [("cabi_realloc", realloc.clone()), ("cm32p2_realloc", realloc), initialize, standard]
}

/// Returns true if an exported function has a reserved name: it serves the canonical ABI or a toolchain and is not an
/// export of the world.
pub(crate) fn has_meaning(name: &str) -> bool {
    let reallocs = [MAIN_REALLOCS, IMPORT_REALLOCS, EXPORT_REALLOCS].concat();
    let reserved = reallocs.contains(&name) || INITIALIZE.contains(&name) || name == TASK_HOOK;
    reserved || name == "wasi_thread_start" || name.starts_with("__") || may_not_leave(name)
}

/// A parsed import name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ImportName<'a> {
    /// The interface, or `None` for functions that the world imports directly.
    pub interface: Option<Interface<'a>>,
    /// True if the import belongs to an item that the component exports.
    pub exported: bool,
    /// True if an adapter imports the item with the prefix for main's memory.
    pub in_main: bool,
    /// The imported item.
    pub item: Item<'a>,
}

/// Name of an interface and its mangling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Interface<'a> {
    /// Name of the interface.
    pub name: &'a str,
    /// True for the standard mangling, where a version is reduced to its compatibility track.
    pub standard: bool,
}

/// An imported item.
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
    /// An asynchronous function or built-in.
    Async,
}

/// Returns the import module under which an adapter imports an item of `module` with main's memory.
pub(crate) fn in_main(module: &str) -> String {
    format!("{IN_MAIN}{module}")
}

/// Returns the import module of an imported interface, or of the resource built-ins of an exported interface.
pub(crate) fn in_side(interface: &str, exported: bool) -> String {
    if exported { format!("{EXPORT}{interface}") } else { interface.to_string() }
}

/// Returns the field name of `resource.drop`.
pub(crate) fn resource_drop(resource: &str) -> String {
    format!("[resource-drop]{resource}")
}

/// Returns true if an import module is provided by the encoder, never by an adapter.
pub(crate) fn is_reserved(module: &str) -> bool {
    module == MAIN || module == MAIN_MEMORY || module.starts_with(IN_MAIN)
}

/// A function that accesses main's memory from an isolated adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum MainMemoryOp {
    /// `load(to: address in own memory, from: address in main's memory, length)`.
    Load,
    /// `store(to: address in main's memory, from: address in own memory, length)`.
    Store,
    /// `size() -> bytes`: the size of main's memory in bytes, or 2^32 - 1 if it is larger.
    Size,
}

impl MainMemoryOp {
    /// All functions.
    pub const ALL: [MainMemoryOp; 3] = [MainMemoryOp::Load, MainMemoryOp::Store, MainMemoryOp::Size];

    /// Returns the field name of the import.
    pub fn field(self) -> &'static str {
        match self {
            MainMemoryOp::Load => "load",
            MainMemoryOp::Store => "store",
            MainMemoryOp::Size => "size",
        }
    }
}

/// Parses the name of an import.
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
    // WIT names contain no underscore, so these suffixes are never part of a function name.
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

/// Returns true if the canonical ABI calls an exported function of this name during a lift or lower. Such a function
/// must not call imports of the world.
pub(crate) fn may_not_leave(name: &str) -> bool {
    let post_return = name.starts_with("cabi_post_") || (name.starts_with(STANDARD) && name.ends_with("_post"));
    post_return || IMPORT_REALLOCS.contains(&name) || EXPORT_REALLOCS.contains(&name)
}

/// Returns true if an exported function belongs to an asynchronous lift.
pub(crate) fn is_async_export(name: &str) -> bool {
    ["[async-lift", "[callback]"].iter().any(|prefix| name.starts_with(prefix))
}

/// Returns the accepted core names of an exported function, in order of preference.
pub(crate) fn func_exports(resolve: &Resolve, interface: Option<&WorldKey>, func: &str) -> [String; 2] {
    match interface {
        Some(key) => [
            format!("{}#{func}", resolve.name_world_key(key)),
            format!("{STANDARD}|{}|{func}", resolve.name_canonicalized_world_key(key)),
        ],
        None => [func.to_string(), format!("{STANDARD}||{func}")],
    }
}

/// Returns the name of the `post-return` function of `export`.
pub(crate) fn post_return(export: &str) -> String {
    if export.starts_with(STANDARD) { format!("{export}_post") } else { format!("cabi_post_{export}") }
}

/// Returns the WIT name of a resource.
pub(crate) fn resource(resolve: &Resolve, id: TypeId) -> &str {
    resolve.types[id].name.as_deref().expect("a resource has a name")
}

/// Returns the accepted core names of the destructor of an exported resource.
pub(crate) fn destructors(resolve: &Resolve, interface: &WorldKey, id: TypeId) -> [String; 2] {
    let name = resource(resolve, id);
    [
        format!("{}#[dtor]{name}", resolve.name_world_key(interface)),
        format!("{STANDARD}|{}|{name}_dtor", resolve.name_canonicalized_world_key(interface)),
    ]
}
