//! What can be wrong with an adapter.

use thiserror::Error;

use super::stack;

/// One problem of one adapter.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("adapter `{adapter}`: {problem}")]
pub struct TrimError {
    /// The adapter's name.
    pub adapter: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// How to build an adapter so that its data can be moved.
const BUILD_WITH_RELOCATIONS: &str =
    "build it with the linker options `--import-memory --emit-relocs`, and neither strip nor post-process the result";

/// What is wrong with an adapter.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum Problem {
    /// Not a module, or one with features that are not supported.
    #[error("not a valid core module (at byte {offset:#x}): {message}")]
    Invalid { offset: u64, message: String },
    /// A valid module with something that trimming does not support.
    #[error(
        "uses {what}{}, which is valid WebAssembly, but not supported in an adapter; build it without that feature, for example with `-C target-cpu=lime1` (Rust) or `-mcpu=lime1` (clang)", place(.function, *.offset)
    )]
    Unsupported { what: String, function: Option<String>, offset: u64 },
    /// A needed export does not exist.
    #[error("no export `{export}`{}", did_you_mean(.near))]
    NoExport { export: String, near: Option<String> },
    /// A needed export exists, but is not a function.
    #[error("export `{export}` is a {found}, expected a function")]
    NotAFunction { export: String, found: &'static str },
    /// An import that nobody can satisfy.
    #[error(
        "imports {found} `{module}` `{name}`; an adapter may import functions, main's memory as `env` `memory`, and globals and tables of `__main_module__`"
    )]
    Import { module: String, name: String, found: &'static str },
    /// The same name is imported with two types.
    #[error("imports function `{module}` `{name}` twice, with different types")]
    ImportedTwice { module: String, name: String },
    /// A memory of its own.
    #[error(
        "uses a memory of its own (memory {index}), but is to share main's; choose the isolated form for it, or link it with `--import-memory`"
    )]
    OwnMemory { index: u32 },
    /// A kind of memory that main's cannot be.
    #[error("works in a {found} memory, expected an unshared 32-bit memory; {}", memory_remedy(.found))]
    MemoryKind { found: &'static str },
    /// More memories than one.
    #[error("uses a second memory (memory {index}); an isolated adapter keeps one memory of its own")]
    SecondMemory { index: u32 },
    /// A part of main that only an adapter in main's memory can use.
    #[error(
        "imports {found} `{name}` of main, but is isolated: it may import functions of main, and access to main's memory as the functions `load`, `store` and `size` of `__main_memory__`; to use more of main, link it with `--import-memory` and choose the shared form"
    )]
    IsolatedImport { name: String, found: &'static str },
    /// Memory of main for an isolated adapter, and main's allocator not at hand.
    #[error(
        "imports `__main_module__` `{name}`, but main's realloc is not to be had: it exports none, or none is to be used; an isolated adapter cannot grow main's memory instead: export `cabi_realloc` from main, or choose the shared form"
    )]
    NoMainRealloc { name: String },
    /// Something of main's memory that there is not.
    #[error("imports `__main_memory__` `{name}`, expected `load`, `store` or `size`")]
    UnknownAccess { name: String },
    /// Access to main's memory with the wrong type.
    #[error("imports `__main_memory__` `{name}` with the wrong type, expected {expected}, found {found}")]
    AccessType { name: String, expected: &'static str, found: String },
    /// Copies to and from nowhere.
    #[error(
        "imports `__main_memory__` `{name}`, but has no memory to copy to or from; define one, or import `env` `memory`"
    )]
    NoMemory { name: String },
    /// An isolated adapter without a stack of its own.
    #[error(
        "the stack pointer (global {global}) starts at 0: it was linked for a stack that somebody else allocates; link it with a stack of its own (`-z stack-size=<bytes>`), or choose the shared form"
    )]
    NoStack { global: u32 },
    /// A declared maximum below what the linker has placed.
    #[error(
        "stack and static data need {needed} pages of memory, but at most {maximum} are declared; link with a larger `--max-memory`"
    )]
    MemoryTooSmall { needed: u64, maximum: u64 },
    /// Static data with a fixed address.
    #[error(
        "has {bytes} bytes of static data at fixed addresses, where main's memory is in use, and no usable relocations ({why}); {BUILD_WITH_RELOCATIONS}"
    )]
    FixedData { bytes: u64, why: &'static str },
    /// Position-independent code expects a dynamic linker.
    #[error("is position-independent code (`{what}`); build it with `relocation-model=static`, as a plain module")]
    PositionIndependent { what: String },
    /// Nothing tells which global is the stack pointer.
    #[error(
        "cannot tell the stack pointer: global {global} may be it ({found}), and no symbol, export or name says what it is\n  help: do not strip the adapter; or export the global as `__stack_pointer`, or give its index by the option `stack.pointer`, or, if it is something else, give it another name in the `name` section"
    )]
    UnknownStackPointer { global: u32, found: &'static str },
    /// A global with a special name has the wrong type.
    #[error("global `{name}` (index {global}) must be a mutable i32 of the module's own")]
    SpecialGlobal { name: &'static str, global: u32 },
    /// The option for the stack pointer names something else.
    #[error(
        "the option `stack.pointer` says global {global}, expected a mutable i32 of the module's own, found {found}"
    )]
    StackPointerOption { global: u32, found: String },
    /// A size that no stack can have.
    #[error(
        "a stack of {bytes} bytes (option `stack.size`) is not possible, expected {} to {} bytes",
        stack::LEAST,
        stack::MOST
    )]
    StackSize { bytes: u32 },
    /// A size for a stack that the linker has placed.
    #[error(
        "a stack of {bytes} bytes (option `stack.size`) is not possible: an isolated adapter keeps the stack that it was linked with; link it with `-z stack-size={bytes}`"
    )]
    FixedStack { bytes: u32 },
    /// Main's realloc is imported with a wrong type.
    #[error(
        "imports `__main_module__` `{name}` with the wrong type, expected (func (param i32 i32 i32 i32) (result i32))"
    )]
    ReallocType { name: String },
    /// A relocation that cannot be done.
    #[error(
        "relocation {kind} at byte {offset:#x} is not supported; build with `relocation-model=static`, for 32-bit memory, without threads"
    )]
    Relocation { kind: String, offset: u64 },
    /// Relocations and contents disagree.
    #[error(
        "relocations do not agree with the module at byte {offset:#x} ({what}): a tool such as `wasm-opt` changed it after linking, and they are stale; {BUILD_WITH_RELOCATIONS}, or give it in the isolated form, linked with a memory of its own"
    )]
    StaleRelocations { offset: u64, what: &'static str },
    /// Stack and static data do not fit a 32-bit memory.
    #[error("stack and static data do not fit into a 32-bit memory")]
    RegionTooLarge,
}

impl Problem {
    /// The problem of a malformed or unsupported module.
    pub(super) fn invalid(error: &wasmparser::Error) -> Problem {
        Problem::Invalid { offset: error.offset(), message: error.message().to_string() }
    }

    /// A module that was read once, but cannot be written again.
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
    /// Whether it is about moving code and data, so that a module which does not move can do without.
    pub(super) fn is_about_moving(&self) -> bool {
        use Problem::*;
        matches!(self, StaleRelocations { .. } | Relocation { .. } | FixedData { .. } | PositionIndependent { .. })
    }
}

/// Where something is, for a function that is known or not.
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
    near.as_ref().map(|name| format!("; it has `{name}`")).unwrap_or_default()
}
