//! Errors of adapters.

use thiserror::Error;

use super::stack;

/// A problem of an adapter.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("adapter `{adapter}`: {problem}")]
pub struct TrimError {
    /// Name of the adapter.
    pub adapter: String,
    /// Problem that was found.
    pub problem: Problem,
}

/// Remedy: linker options for an adapter whose data can be moved.
const BUILD_WITH_RELOCATIONS: &str =
    "link it with `--import-memory --emit-relocs`, and neither strip nor post-process the result";

/// A problem of an adapter, without its name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the messages explain the fields")]
pub enum Problem {
    /// Invalid module, or an unsupported feature.
    #[error("not a valid core module (at byte {offset:#x}): {message}")]
    Invalid { offset: u64, message: String },
    /// Valid module with a feature that is not supported in an adapter.
    #[error(
        "uses {what}{}, which is valid WebAssembly, but not supported in an adapter\n  help: build it without that feature, for example with `-C target-cpu=lime1` (Rust) or `-mcpu=lime1` (clang)", place(.function, *.offset)
    )]
    Unsupported { what: String, function: Option<String>, offset: u64 },
    /// Requested export that does not exist.
    #[error("no export `{export}`{}", did_you_mean(.near))]
    NoExport { export: String, near: Option<String> },
    /// Requested export that is not a function.
    #[error("export `{export}` is a {found}, expected a function")]
    NotAFunction { export: String, found: &'static str },
    /// Import that cannot be satisfied.
    #[error(
        "imports {found} `{module}` `{name}`, which is not supported in an adapter\n  help: import only functions, main's memory as `env` `memory`, and globals and tables of `__main_module__`"
    )]
    Import { module: String, name: String, found: &'static str },
    /// Name that is imported with two types.
    #[error("imports function `{module}` `{name}` twice, with different types")]
    ImportedTwice { module: String, name: String },
    /// Memory defined by a shared adapter.
    #[error(
        "defines and uses memory {index}, which the shared form does not support\n  help: choose the isolated form, or link it with `--import-memory`"
    )]
    OwnMemory { index: u32 },
    /// Unsupported kind of memory.
    #[error("works in a {found} memory, expected an unshared 32-bit memory\n  help: {}", memory_remedy(.found))]
    MemoryKind { found: &'static str },
    /// More than one memory.
    #[error(
        "uses a second memory (memory {index}), but an isolated adapter can have only one\n  help: link it with a single memory"
    )]
    SecondMemory { index: u32 },
    /// Item of main that only a shared adapter can import.
    #[error(
        "imports {found} `{name}` of main, which the isolated form does not support\n  help: import only functions of main, and access main's memory by the functions `load`, `store` and `size` of `__main_memory__`; or link it with `--import-memory` and choose the shared form"
    )]
    IsolatedImport { name: String, found: &'static str },
    /// Isolated adapter that imports main's realloc, which is not available.
    #[error(
        "imports `__main_module__` `{name}`, but main exports no realloc (or it is disabled), and an isolated adapter cannot grow main's memory instead\n  help: export `cabi_realloc` from main, or choose the shared form"
    )]
    NoMainRealloc { name: String },
    /// Unknown import of the main-memory namespace.
    #[error("imports `__main_memory__` `{name}`, expected `load`, `store` or `size`")]
    UnknownAccess { name: String },
    /// Access function of main's memory with the wrong type.
    #[error("imports `__main_memory__` `{name}` with the wrong type, expected {expected}, found {found}")]
    AccessType { name: String, expected: &'static str, found: String },
    /// Copies of main's memory without a memory to copy to or from.
    #[error(
        "imports `__main_memory__` `{name}`, but has no memory to copy to or from\n  help: define a memory, or import `env` `memory`"
    )]
    NoMemory { name: String },
    /// Isolated adapter that was linked without a stack.
    #[error(
        "the stack pointer (global {global}) starts at 0: the adapter was linked without a stack\n  help: link it with a stack (`-z stack-size=<bytes>`), or choose the shared form"
    )]
    NoStack { global: u32 },
    /// Declared maximum of the memory that is too small for stack and data.
    #[error(
        "stack and static data need {needed} pages of memory, but the declared maximum is {maximum}\n  help: link with a larger `--max-memory`"
    )]
    MemoryTooSmall { needed: u64, maximum: u64 },
    /// Static data at fixed addresses.
    #[error(
        "has {bytes} bytes of static data at fixed addresses in main's memory, but no usable relocations ({why})\n  help: {BUILD_WITH_RELOCATIONS}"
    )]
    FixedData { bytes: u64, why: &'static str },
    /// Position-independent code, which requires a dynamic linker.
    #[error(
        "is position-independent code (`{what}`)\n  help: build it with `relocation-model=static`, as a plain module"
    )]
    PositionIndependent { what: String },
    /// Stack pointer that cannot be identified.
    #[error(
        "cannot identify the stack pointer: global {global} may be it ({found}), and no symbol, export or name identifies the global\n  help: do not strip the adapter; or export the global as `__stack_pointer`, set its index with the option `stack.pointer`, or, if it is another variable, name it in the `name` section"
    )]
    UnknownStackPointer { global: u32, found: &'static str },
    /// Global with a special name and the wrong type.
    #[error("global `{name}` (index {global}) must be a mutable i32 defined in the module")]
    SpecialGlobal { name: &'static str, global: u32 },
    /// Option that selects an invalid global as the stack pointer.
    #[error(
        "the option `stack.pointer` selects global {global}: expected a mutable i32 defined in the module, found {found}"
    )]
    StackPointerOption { global: u32, found: String },
    /// Invalid stack size.
    #[error(
        "invalid stack size of {bytes} bytes (option `stack.size`), expected {} to {} bytes",
        stack::LEAST,
        stack::MOST
    )]
    StackSize { bytes: u32 },
    /// Stack size for an isolated adapter, whose stack is placed by the linker.
    #[error(
        "cannot set a stack size of {bytes} bytes (option `stack.size`): an isolated adapter keeps the stack that it was linked with\n  help: link it with `-z stack-size={bytes}`"
    )]
    FixedStack { bytes: u32 },
    /// Import of main's realloc with the wrong type.
    #[error(
        "imports `__main_module__` `{name}` with the wrong type, expected (func (param i32 i32 i32 i32) (result i32))"
    )]
    ReallocType { name: String },
    /// Unsupported relocation.
    #[error(
        "relocation {kind} at byte {offset:#x} is not supported\n  help: build with `relocation-model=static`, for 32-bit memory, without threads"
    )]
    Relocation { kind: String, offset: u64 },
    /// Relocations that do not match the module.
    #[error(
        "relocations do not match the module at byte {offset:#x} ({what}): a tool such as `wasm-opt` changed it after linking\n  help: {BUILD_WITH_RELOCATIONS}; or choose the isolated form, linked without `--import-memory`"
    )]
    StaleRelocations { offset: u64, what: &'static str },
    /// Stack and static data that do not fit into a 32-bit memory.
    #[error("stack and static data do not fit into a 32-bit memory")]
    RegionTooLarge,
}

impl Problem {
    /// Converts a parser or validator error.
    pub(super) fn invalid(error: &wasmparser::Error) -> Problem {
        Problem::Invalid { offset: error.offset(), message: error.message().to_string() }
    }

    /// Creates the error for an item that does not exist.
    pub(super) fn unknown(item: &str, index: u32) -> Problem {
        Problem::Invalid { offset: 0, message: format!("unknown {item} {index}") }
    }

    /// Converts an error of the re-encoder.
    pub(super) fn reencode(error: wasm_encoder::reencode::Error<Problem>) -> Problem {
        use wasm_encoder::reencode::Error;
        match error {
            Error::ParseError(error) => Problem::invalid(&error),
            Error::UserError(problem) => problem,
            other => Problem::Invalid { offset: 0, message: other.to_string() },
        }
    }
}

impl Problem {
    /// Returns true for problems of moving code and data. They do not concern a module that is not moved.
    pub(super) fn is_about_moving(&self) -> bool {
        use Problem::*;
        matches!(self, StaleRelocations { .. } | Relocation { .. } | FixedData { .. } | PositionIndependent { .. })
    }
}

/// Formats a location: the function, if it is known, and the offset.
fn place(function: &Option<String>, offset: u64) -> String {
    match function {
        Some(function) => format!(" (in function `{function}`, at byte {offset:#x})"),
        None => format!(" (at byte {offset:#x})"),
    }
}

fn memory_remedy(found: &str) -> &'static str {
    match found {
        "shared" => "build it without threads: no `-pthread`, no `--shared-memory`",
        _ => "build it for 32-bit addresses (target `wasm32-..`)",
    }
}

fn did_you_mean(near: &Option<String>) -> String {
    near.as_ref().map(|name| format!("\n  help: did you mean `{name}`?")).unwrap_or_default()
}
