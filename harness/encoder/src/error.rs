//! Typed errors for invalid inputs. Each names the module and, where possible, a remedy.

use std::fmt;

use foldhash::HashMap;

use crate::trim::TrimError;

/// Maximum number of reported errors of one kind. The rest are only counted.
pub(crate) const MOST: usize = 100;

/// All errors of an input, in the order in which they were found; at most 100 of each kind.
#[derive(Clone, Debug)]
pub struct Errors(Vec<Error>);

impl Errors {
    /// Iterates over the errors in order.
    pub fn iter(&self) -> impl Iterator<Item = &Error> {
        self.0.iter()
    }

    /// Returns the errors as `Err` if there are any, at most [`MOST`] of each kind.
    pub(crate) fn check(errors: Vec<Error>) -> Result<(), Errors> {
        if errors.is_empty() { Ok(()) } else { Err(Errors(limited(errors))) }
    }

    /// Wraps errors without limiting their number. `errors` must not be empty.
    pub(crate) fn of(errors: Vec<Error>) -> Errors {
        Errors(errors)
    }

    /// Appends other errors.
    pub(crate) fn and(mut self, others: Errors) -> Errors {
        self.0.extend(others.0);
        self
    }
}

impl IntoIterator for Errors {
    type Item = Error;
    type IntoIter = std::vec::IntoIter<Error>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Keeps the first [`MOST`] errors of each kind and appends [`Error::More`] with the number of the others.
pub(crate) fn limited(errors: Vec<Error>) -> Vec<Error> {
    let mut counts: HashMap<std::mem::Discriminant<Error>, usize> = HashMap::default();
    let all = errors.len();
    let is_shown = |error: &Error| {
        let count = counts.entry(std::mem::discriminant(error)).or_default();
        *count += 1;
        *count <= MOST
    };
    let mut shown: Vec<Error> = errors.into_iter().filter(is_shown).collect();
    let count = all - shown.len();
    if count > 0 {
        shown.push(Error::More { count });
    }
    shown
}

impl From<Error> for Errors {
    fn from(error: Error) -> Self {
        Errors(vec![error])
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Errors {}

/// One error in an input.
///
/// Every message names the module and, if one is concerned, the import or export. Offsets are in bytes from the start
/// of that module.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The binary is a component instead of a core module.
    #[error(
        "`{module}` is a component, expected a core module\n  help: to run a finished component, use `polyfill run FILE`; as a guest or an adapter, pass the core module that it was built from"
    )]
    NotAModule {
        /// Name of the module.
        module: String,
    },
    /// The binary cannot be parsed as a core module.
    #[error("`{module}` is malformed at byte {offset:#x}: {message}")]
    Malformed {
        /// Name of the module.
        module: String,
        /// Offset of the error in the module, in bytes.
        offset: u64,
        /// Message of the parser.
        message: String,
    },
    /// A `component-type` section cannot be decoded.
    #[error("`{module}`: invalid `component-type` section at byte {offset:#x}: {message}")]
    Metadata {
        /// Name of the module.
        module: String,
        /// Offset of the section's contents, in bytes.
        offset: usize,
        /// Reason.
        message: String,
    },
    /// The worlds of the modules cannot be merged.
    #[error("the world of `{module}` conflicts with the other worlds: {message}")]
    WorldConflict {
        /// Module whose world could not be merged into the others.
        module: String,
        /// Reason.
        message: String,
    },
    /// Two worlds contain different definitions of one type or function.
    #[error(
        "conflicting definitions of {item} in {place}\n  {}: {}\n  {}: {}\n  help: compile both against the same WIT; otherwise one of them misreads values that the other one writes",
        .first.by, .first.wit, .second.by, .second.wit
    )]
    Contradiction {
        /// The type or function.
        item: String,
        /// The interface, or the imports or exports of the world.
        place: String,
        /// Definition that was found first.
        first: Box<Definition>,
        /// Definition that contradicts it.
        second: Box<Definition>,
    },
    /// Imports or exports of one function request two string encodings.
    #[error("`{module}`: function `{function}` is bound with two string encodings, {first} and {second}")]
    EncodingConflict {
        /// Name of the module.
        module: String,
        /// Name of the function.
        function: String,
        /// First encoding.
        first: String,
        /// Second encoding.
        second: String,
    },
    /// Two modules export the same item of the world.
    #[error(
        "both `{first}` and `{second}` export `{export}`\n  help: a component can export it only once: remove it from the world of one of them"
    )]
    ExportedTwice {
        /// Name of the exported item.
        export: String,
        /// First module.
        first: String,
        /// Second module.
        second: String,
    },
    /// A function has a core type that an interposition adapter cannot report.
    #[error(
        "the interposition adapter of `{module}` cannot report `{function}`: it has a {found}, but reports can contain only numbers"
    )]
    Interpose {
        /// Import module of the function.
        module: String,
        /// Name of the function.
        function: String,
        /// Type that cannot be reported.
        found: String,
    },
    /// An import can be resolved neither to an adapter nor to the world.
    #[error("`{module}` imports `{import_module}` `{field}` (at byte {offset:#x}): {reason}{}", remedy(.hints))]
    UnknownImport {
        /// The importing module.
        module: String,
        /// Module name of the import.
        import_module: String,
        /// Field name of the import.
        field: String,
        /// Offset of the import in the module, in bytes.
        offset: usize,
        /// Reason why it cannot be resolved.
        reason: String,
        /// Possible remedies.
        hints: Vec<String>,
    },
    /// An import or export has a different type than it must have.
    #[error(
        "`{module}` {direction} {item} (at byte {offset:#x}) with the wrong type\n  expected: {expected}\n  found:    {found}"
    )]
    WrongType {
        /// Name of the module.
        module: String,
        /// `imports` or `exports`.
        direction: &'static str,
        /// Module and field of the import, or name of the export.
        item: String,
        /// Offset of the import or export in the module, in bytes.
        offset: usize,
        /// Required type.
        expected: String,
        /// Actual type.
        found: String,
    },
    /// The module does not export a function that its world exports.
    #[error("`{module}` does not export `{function}` of its world\n  expected: an exported function named {}{}", list(.names), remedy(.hints))]
    MissingExport {
        /// Name of the module.
        module: String,
        /// WIT name of the function.
        function: String,
        /// Accepted core export names.
        names: Vec<String>,
        /// Possible remedies.
        hints: Vec<String>,
    },
    /// A lift or lower needs a memory, but the module exports none.
    #[error(
        "`{module}` exports no memory named `memory`, but `{function}` needs one: {reason}{}\n  expected: an exported memory named `memory`, or one imported as `env` `memory`{}", more(*.others), remedy(.hints)
    )]
    MissingMemory {
        /// Module that must export a memory.
        module: String,
        /// First function that needs it.
        function: String,
        /// Reason why it is needed.
        reason: String,
        /// Number of further functions and adapters that need it.
        others: usize,
        /// Possible remedies.
        hints: Vec<String>,
    },
    /// Main's memory is shared or has 64-bit addresses, which the encoder does not support.
    #[error(
        "`{module}` {item} (at byte {offset:#x}): this kind of memory is not supported in components\n  expected: an unshared 32-bit memory, as required by the canonical ABI\n  found:    {found}\n  help: {remedy}"
    )]
    MemoryKind {
        /// Name of main.
        module: String,
        /// Import or export that refers to the memory.
        item: String,
        /// Offset of that import or export in main, in bytes.
        offset: usize,
        /// Actual kind of memory.
        found: &'static str,
        /// Remedy.
        remedy: &'static str,
    },
    /// An adapter that shares main's memory is built for another page size.
    #[error(
        "`{main}` has a memory with a page size of {found} bytes, but adapter `{adapter}`, which shares it, is built for another page size\n  expected: a page size of {expected} bytes\n  help: build main with this page size (for `wasm-ld`: without `--page-size`), or use the adapter in isolated form"
    )]
    PageSize {
        /// Name of main.
        main: String,
        /// Name of the adapter.
        adapter: String,
        /// Page size that the adapter is built for, in bytes.
        expected: u64,
        /// Page size of main's memory, in bytes.
        found: u64,
    },
    /// Main's memory cannot grow by the size of an adapter's stack and static data.
    #[error(
        "`{main}`: its memory cannot grow by the {bytes} bytes that adapter `{adapter}` needs for its stack and static data, so every instantiation would trap\n  found:    a memory of {initial} pages with a maximum of {maximum}{}", remedy(.hints)
    )]
    MemoryFull {
        /// Name of main.
        main: String,
        /// Name of the adapter.
        adapter: String,
        /// Number of bytes that the adapter needs.
        bytes: u64,
        /// Initial size of main's memory, in pages.
        initial: u64,
        /// Maximum size of main's memory, in pages.
        maximum: u64,
        /// Possible remedies.
        hints: Vec<String>,
    },
    /// A lift or lower needs a realloc, but the module exports none.
    #[error(
        "`{module}` exports no realloc, but `{function}` needs one: {reason}\n  expected: an exported function `cabi_realloc` of type (func (param i32 i32 i32 i32) (result i32))"
    )]
    MissingRealloc {
        /// Module that must export a realloc.
        module: String,
        /// Function that needs it.
        function: String,
        /// Reason why it is needed.
        reason: String,
    },
    /// A required function is not exported by the adapter.
    #[error("adapter `{adapter}` has no function `{function}`\n  required by: {}{}", .asked_by, remedy(.hints))]
    AdapterLacks {
        /// Name of the adapter.
        adapter: String,
        /// Name of the function.
        function: String,
        /// Chain of modules that require it, ending at main or at the world.
        asked_by: String,
        /// Possible remedies.
        hints: Vec<String>,
    },
    /// An isolated adapter copies from or to main's memory, but main exports no memory.
    #[error(
        "`{main}` exports no memory named `memory`, but adapter `{adapter}` imports `__main_memory__` `{copy}`{}\n  expected: an exported memory named `memory`, or one imported as `env` `memory`{}", more(*.others), remedy(.hints)
    )]
    NoMainMemory {
        /// Name of main.
        main: String,
        /// Name of the adapter.
        adapter: String,
        /// Name of the copy function.
        copy: String,
        /// Number of further functions and adapters that need a memory.
        others: usize,
        /// Possible remedies.
        hints: Vec<String>,
    },
    /// An adapter imports an item from main that main does not export.
    #[error("adapter `{adapter}` imports `{item}` from the main module, which does not export it{}", remedy(.hints))]
    MainLacks {
        /// Name of the adapter.
        adapter: String,
        /// Name of the missing export.
        item: String,
        /// Possible remedies.
        hints: Vec<String>,
    },
    /// A module uses an asynchronous feature of the canonical ABI.
    #[error("`{module}` uses {item}: asynchronous lifts, lowers and built-ins are not supported")]
    Async {
        /// Name of the module.
        module: String,
        /// The import, export or function, in backticks.
        item: String,
    },
    /// The module is a shared library (it has a `dylink.0` section) and is not linked yet.
    #[error(
        "`{module}` is a shared library (it has a `dylink.0` section), and linking shared libraries is not supported\n  help: link it into a module first, for example with `wasm-ld`"
    )]
    Library {
        /// Name of the module.
        module: String,
    },
    /// Start functions call each other in a cycle, so none of their modules can be instantiated first.
    #[error("start functions call each other in a cycle, so no module can be instantiated first{}\n  help: in one of the modules, move the work of the start function to the first call", circle(.calls))]
    StartCycle {
        /// Calls of the cycle: name of the calling adapter, of the called adapter, and of the function.
        calls: Vec<(String, String, String)>,
    },
    /// Garbage collection of an adapter failed.
    #[error(transparent)]
    Trim(#[from] TrimError),
    /// A module is invalid, for example because of a type error in a function body.
    #[error("`{module}` is invalid at byte {offset:#x}: {message}")]
    InvalidModule {
        /// Name of the module.
        module: String,
        /// Offset of the error in the module, in bytes.
        offset: u64,
        /// Message of the validator.
        message: String,
    },
    /// The component is invalid although its modules are valid. This is a bug in the encoder.
    #[error("the component is invalid at byte {offset:#x}: {message}")]
    Invalid {
        /// Offset of the error in the component, in bytes.
        offset: u64,
        /// Message of the validator.
        message: String,
    },
    /// Number of errors that are not reported because their kinds exceeded the limit.
    #[error("{count} more errors of these kinds are not shown")]
    More {
        /// Number of omitted errors.
        count: usize,
    },
    /// The plan does not match the world. This is a bug in the encoder.
    #[error("internal error in the plan (please report it): {message}")]
    Audit {
        /// Message of the violation that `audit` found.
        message: String,
    },
}

/// Formats the number of further functions and adapters with the same error.
fn more(others: usize) -> String {
    match others {
        0 => String::new(),
        1 => " (and for 1 more)".to_string(),
        others => format!(" (and for {others} more)"),
    }
}

/// A definition of a type or function in one of the merged worlds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The module that the world belongs to, and the source of the world: its `component-type` section, or WIT that was
    /// provided for it.
    pub by: String,
    /// The definition in WIT.
    pub wit: String,
}

pub(crate) fn remedy(hints: &[String]) -> String {
    hints.iter().map(|hint| format!("\n  help: {hint}")).collect()
}

fn circle(calls: &[(String, String, String)]) -> String {
    let line = |(from, to, function): &(String, String, String)| format!("\n  `{from}` calls `{function}` of `{to}`");
    calls.iter().map(line).collect()
}

fn list(names: &[String]) -> String {
    names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(" or ")
}
