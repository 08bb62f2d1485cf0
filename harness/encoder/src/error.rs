//! What can be wrong with an input: typed, complete, and with a remedy where there is one.

use std::fmt;

use foldhash::HashMap;

use crate::trim::TrimError;

/// So many errors of one kind are reported; of more, only the number is.
pub(crate) const MOST: usize = 100;

/// Everything that is wrong with an input, in the order it was found; of one kind, the first 100.
#[derive(Clone, Debug)]
pub struct Errors(Vec<Error>);

impl Errors {
    /// The errors, one after the other.
    pub fn iter(&self) -> impl Iterator<Item = &Error> {
        self.0.iter()
    }

    pub(crate) fn check(errors: Vec<Error>) -> Result<(), Errors> {
        if errors.is_empty() { Ok(()) } else { Err(Errors(limited(errors))) }
    }

    /// These errors, of which there is one at least.
    pub(crate) fn of(errors: Vec<Error>) -> Errors {
        Errors(errors)
    }

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

/// The first errors of each kind, and how many more there were.
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

/// One thing that is wrong.
///
/// Every message names the module and the import or export; offsets are bytes from the start of that module.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are a component.
    #[error(
        "`{module}` is a component, expected a core module\n  help: run a finished component as it is, with `polyfill run FILE`; as a guest or an adapter give the core module that it was made from"
    )]
    NotAModule {
        /// The module's name.
        module: String,
    },
    /// The bytes are no module.
    #[error("`{module}` is malformed at byte {offset:#x}: {message}")]
    Malformed {
        /// The module's name.
        module: String,
        /// Where.
        offset: u64,
        /// What the parser says.
        message: String,
    },
    /// A `component-type` section cannot be used.
    #[error("`{module}`: its `component-type` section at byte {offset:#x} cannot be read: {message}")]
    Metadata {
        /// The module's name.
        module: String,
        /// Where the section's contents start.
        offset: usize,
        /// Why.
        message: String,
    },
    /// The worlds of two modules contradict each other.
    #[error("the world of `{module}` does not go together with the others: {message}")]
    WorldConflict {
        /// The module whose world could not be joined.
        module: String,
        /// Why.
        message: String,
    },
    /// Two worlds define one type or function in two ways.
    #[error(
        "{item} is defined in two ways in {place}\n  {}: {}\n  {}: {}\n  help: compile both against the same WIT: otherwise one of them reads other values than the other one writes",
        .first.by, .first.wit, .second.by, .second.wit
    )]
    Contradiction {
        /// The type or function.
        item: String,
        /// The interface, or the side of the world.
        place: String,
        /// The definition that was found first.
        first: Box<Definition>,
        /// The one that contradicts it.
        second: Box<Definition>,
    },
    /// Two string encodings are asked for at once.
    #[error("`{module}`: function `{function}` is bound with two string encodings, {first} and {second}")]
    EncodingConflict {
        /// The module's name.
        module: String,
        /// The function.
        function: String,
        /// One encoding.
        first: String,
        /// The other.
        second: String,
    },
    /// Two modules both export an item of the world.
    #[error(
        "both `{first}` and `{second}` export `{export}`\n  help: a component exports it once: leave it out of the world of one of them"
    )]
    ExportedTwice {
        /// The item.
        export: String,
        /// One module.
        first: String,
        /// The other.
        second: String,
    },
    /// An interposer cannot report a function.
    #[error("the interposer of `{module}` cannot report `{function}`: it has a {found}, and reports hold numbers only")]
    Interpose {
        /// The import module.
        module: String,
        /// The function.
        function: String,
        /// The type that cannot be reported.
        found: String,
    },
    /// An import means nothing.
    #[error("`{module}` imports `{import_module}` `{field}` (at byte {offset:#x}): {reason}{}", remedy(.hints))]
    UnknownImport {
        /// The importing module.
        module: String,
        /// The import's module.
        import_module: String,
        /// The import's field.
        field: String,
        /// Where it stands.
        offset: usize,
        /// Why it means nothing.
        reason: String,
        /// What may help.
        hints: Vec<String>,
    },
    /// An import or export has another type than its meaning asks for.
    #[error(
        "`{module}` {direction} {item} (at byte {offset:#x}) with the wrong type\n  expected: {expected}\n  found:    {found}"
    )]
    WrongType {
        /// The module.
        module: String,
        /// `imports` or `exports`.
        direction: &'static str,
        /// The import's module and field, or the export's name.
        item: String,
        /// Where it stands.
        offset: usize,
        /// The type it must have.
        expected: String,
        /// The type it has.
        found: String,
    },
    /// An exported function of the world is missing in the module.
    #[error("`{module}` lacks an export for `{function}` of its world\n  expected: an exported function called {}{}", list(.names), remedy(.hints))]
    MissingExport {
        /// The module.
        module: String,
        /// The function as WIT calls it.
        function: String,
        /// The names it may have.
        names: Vec<String>,
        /// What may help.
        hints: Vec<String>,
    },
    /// The canonical ABI asks for a memory.
    #[error(
        "`{module}` exports no memory called `memory`, but `{function}` needs one: {reason}{}\n  expected: an exported memory called `memory`, or one imported as `env` `memory`{}", more(*.others), remedy(.hints)
    )]
    MissingMemory {
        /// The module that should export one.
        module: String,
        /// The first function that needs it.
        function: String,
        /// Why.
        reason: String,
        /// The number of other functions and adapters that need it.
        others: usize,
        /// What may help.
        hints: Vec<String>,
    },
    /// Main's memory is none that the canonical ABI takes.
    #[error(
        "`{module}` {item} (at byte {offset:#x}): its memory is of a kind that components cannot use\n  expected: an unshared 32-bit memory, the only kind that the canonical ABI takes\n  found:    {found}\n  help: {remedy}"
    )]
    MemoryKind {
        /// Main.
        module: String,
        /// The import or export by which the memory is known.
        item: String,
        /// Where that stands.
        offset: usize,
        /// The kind of the memory.
        found: &'static str,
        /// How to get another kind.
        remedy: &'static str,
    },
    /// Main's memory has other pages than an adapter that is to share it was built for.
    #[error(
        "`{main}` has a memory with pages of {found} bytes, and adapter `{adapter}`, which shares it, is built for other pages\n  expected: pages of {expected} bytes\n  help: build main with such pages (for `wasm-ld`: without `--page-size`), or choose an adapter in the isolated form"
    )]
    PageSize {
        /// Main.
        main: String,
        /// The adapter.
        adapter: String,
        /// The size that the adapter is built for.
        expected: u64,
        /// The size of a page of main's memory.
        found: u64,
    },
    /// Main's memory has no room for the stack and static data of an adapter.
    #[error(
        "`{main}`: its memory cannot grow by the {bytes} bytes that adapter `{adapter}` needs for its stack and static data, so every instantiation would trap\n  found:    a memory of {initial} pages that may grow to {maximum}{}", remedy(.hints)
    )]
    MemoryFull {
        /// Main.
        main: String,
        /// The adapter that finds no room.
        adapter: String,
        /// The bytes that it needs.
        bytes: u64,
        /// The pages that main's memory has when it starts.
        initial: u64,
        /// The pages that it may have.
        maximum: u64,
        /// What may help.
        hints: Vec<String>,
    },
    /// The canonical ABI asks for a realloc.
    #[error(
        "`{module}` exports no realloc, but `{function}` needs one: {reason}\n  expected: an exported function `cabi_realloc` of type (func (param i32 i32 i32 i32) (result i32))"
    )]
    MissingRealloc {
        /// The module that should export one.
        module: String,
        /// For which function.
        function: String,
        /// Why.
        reason: String,
    },
    /// An adapter has no such function.
    #[error("adapter `{adapter}` has no function `{function}`\n  asked for by: {}{}", .asked_by, remedy(.hints))]
    AdapterLacks {
        /// The adapter.
        adapter: String,
        /// The function.
        function: String,
        /// Who asked for it: a chain that ends at main or at the world.
        asked_by: String,
        /// What may help.
        hints: Vec<String>,
    },
    /// There is no memory of main's to copy from and to.
    #[error(
        "`{main}` exports no memory called `memory`, but adapter `{adapter}` imports `__main_memory__` `{copy}`{}\n  expected: an exported memory called `memory`, or one imported as `env` `memory`{}", more(*.others), remedy(.hints)
    )]
    NoMainMemory {
        /// Main.
        main: String,
        /// The adapter.
        adapter: String,
        /// The copy function.
        copy: String,
        /// The number of other functions and adapters that need a memory.
        others: usize,
        /// What may help.
        hints: Vec<String>,
    },
    /// Main lacks something that an adapter takes from it.
    #[error("adapter `{adapter}` takes `{item}` from the main module, which does not export it{}", remedy(.hints))]
    MainLacks {
        /// The adapter.
        adapter: String,
        /// The export.
        item: String,
        /// What may help.
        hints: Vec<String>,
    },
    /// Something asynchronous.
    #[error("`{module}` uses {item}: asynchronous lifts, lowers and built-ins are not supported yet")]
    Async {
        /// The module.
        module: String,
        /// The import, export or function, in backticks.
        item: String,
    },
    /// A library that wants linking first.
    #[error(
        "`{module}` is a shared library (it has a `dylink.0` section), and libraries are not linked here\n  help: link it into a module first, with `wasm-ld`"
    )]
    Library {
        /// The module.
        module: String,
    },
    /// Start functions that call each other: none of their modules can come first.
    #[error("start functions call each other in a circle, so that no module can be instantiated first{}\n  help: let one of them do at its first call what it does in its start function", circle(.calls))]
    StartCycle {
        /// Who calls whom: an adapter, another one, and its function.
        calls: Vec<(String, String, String)>,
    },
    /// An adapter cannot be trimmed.
    #[error(transparent)]
    Trim(#[from] TrimError),
    /// A module is invalid: a mistake in a function body, say.
    #[error("`{module}` is invalid at byte {offset:#x}: {message}")]
    InvalidModule {
        /// The module's name.
        module: String,
        /// Where.
        offset: u64,
        /// What the validator says.
        message: String,
    },
    /// The finished component is invalid, although its modules are not: a mistake of ours.
    #[error("the component is invalid at byte {offset:#x}: {message}")]
    Invalid {
        /// Where in the component.
        offset: u64,
        /// What the validator says.
        message: String,
    },
    /// Errors that are not shown, since there are many of their kind.
    #[error("{count} more errors of these kinds are not shown")]
    More {
        /// How many.
        count: usize,
    },
    /// The plan contradicts the world: a mistake of the encoder.
    #[error("mistake in the plan (please report it): {message}")]
    Audit {
        /// What `audit` found.
        message: String,
    },
}

/// The others that lack the same.
fn more(others: usize) -> String {
    match others {
        0 => String::new(),
        1 => " (and for 1 more)".to_string(),
        others => format!(" (and for {others} more)"),
    }
}

/// A definition of a type or function, in one of the worlds that are joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The module whose world it is, and the world's source: its `component-type` section, or WIT that was given for it.
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
