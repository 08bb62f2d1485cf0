//! The `trim` stage: adapter + demand -> the part of it that is needed, with its stack and its static data placed.
//!
//! An adapter is ordinary code, in one of two forms. A shared one works in main's memory: with the relocations that
//! `--emit-relocs` leaves in it, its data can be moved to wherever there is room at run time. An isolated one keeps its
//! own memory, where nothing has to move; then relocations, if there are any, tell what can go. The steps:
//!
//! | file | step |
//! |---|---|
//! | `form` | which form a module is made for |
//! | `module`, `names`, `linking` | bytes -> index spaces, names, symbols and relocations |
//! | `data`, `table` | static data as units, function table as slots |
//! | `live`, `plain` | what the wanted exports need of all that; the instructions that can stay as they are |
//! | `special`, `shape`, `access` | stack pointer, by name or by what code does with it; imports with a meaning |
//! | `stack` | its size and its guard |
//! | `layout`, `region`, `contents` | where stack and data of a shared adapter go, who allocates them and when |
//! | `isolated` | the memory of an isolated adapter, and its data |
//! | `plan` | all decisions |
//! | `numbers`, `body`, `emit` | the new module |
//! | `why` | why each function is kept |
//! | `watch` | the new module once more, telling of its writes |
//! | `unsupported` | the construct and the place of what cannot be trimmed |
//! | `offsets`, `dwarf` | its debug information, moved along with the code |

mod access;
mod body;
mod contents;
mod data;
mod dwarf;
mod emit;
mod error;
mod form;
mod isolated;
mod layout;
mod linking;
mod live;
mod module;
mod names;
mod numbers;
mod offsets;
mod plain;
mod plan;
mod region;
mod shape;
mod special;
mod stack;
mod table;
mod unsupported;
mod watch;
mod why;

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexSet;
use wasmparser::{Export, ExternalKind, MemoryType};

use crate::names::WANTED_REALLOCS;

pub(crate) use dwarf::Debug;
pub use error::{Problem, TrimError};
pub(crate) use form::{Form, form};
pub(crate) use stack::Stack;
pub(crate) use watch::watch;
pub(crate) use why::{Functions, KeptFunction, Reason};

use data::Units;
use module::Module;
use plan::Plan;
use region::Way;

/// What is asked of an adapter.
pub(crate) struct Request<'a> {
    /// The adapter's name, for messages and for the module's debug name.
    pub name: &'a str,
    /// The adapter.
    pub wasm: &'a [u8],
    /// The exports to keep, all of them functions.
    pub exports: &'a IndexSet<String>,
    /// The export that an import, by its number, needs beside itself where it is kept: a realloc for its results.
    pub also: &'a dyn Fn(usize) -> Option<&'static str>,
    /// Where the adapter's stack, heap and static data are.
    pub form: Form,
    /// Where memory of main comes from.
    pub realloc: MainRealloc<'a>,
    /// What is asked of the adapter's stack.
    pub stack: Stack,
    /// It is to have what it takes to be [`watch`]ed.
    pub reports: bool,
    /// Keep what debuggers want: names and DWARF.
    pub debug: bool,
    /// Validate the adapter, but for functions that go. One that is not valid may give a module that is not, either.
    pub validate: bool,
}

/// Where an adapter's stack and static data, and what it allocates from main, come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MainRealloc<'a> {
    /// The export of main with this name.
    Export(&'a str),
    /// `memory.grow`.
    Grow,
    /// The export of main with this name, but main's start function may call the adapter before there is any.
    Late(&'a str),
}

/// An adapter, trimmed.
#[derive(Clone, Debug)]
pub(crate) struct Trimmed {
    /// The new module.
    pub wasm: Vec<u8>,
    /// What it consists of; functions of the encoder's not counted.
    pub kept: Counts,
    /// What is gone.
    pub dropped: Counts,
    /// Stack and static data, if it has any.
    pub region: Option<RegionReport>,
    /// The memory that an isolated adapter keeps, if it needs one. It imports it as `env` `memory`, and expects it to
    /// be its own, and zero.
    pub memory: Option<MemoryType>,
    /// What became of its debug information.
    pub debug: Debug,
    /// What became of each function, and why.
    pub functions: Arc<Functions>,
    /// What [`Request::also`] said of the imports that were looked at.
    pub also: Vec<(usize, Option<&'static str>)>,
}

/// How much there is of an adapter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub imports: usize,
    pub functions: usize,
    pub globals: usize,
    pub table_slots: usize,
    pub data_bytes: usize,
}

/// The source of a region that main's realloc does not give.
pub(crate) const MEMORY_GROW: &str = "memory.grow";

/// Where an adapter's stack and static data are, and how that is had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RegionReport {
    pub stack_bytes: u32,
    /// Beyond the end of the stack is a trap.
    pub guarded: bool,
    pub data_bytes: u32,
    pub align: u32,
    /// Main's realloc, by its name, or `memory.grow`, or the adapter's own memory with its size.
    pub source: String,
    /// When it is allocated.
    pub when: When,
    /// Why in this way.
    pub why: &'static str,
}

/// When a region is allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// At the first call of an export.
    FirstCall,
    /// By the module's start function.
    Instantiation,
    /// It is in a memory of the adapter's, and needs no allocation.
    Always,
}

/// Trims an adapter, or tells everything that is wrong with it.
pub(crate) fn trim(request: &Request<'_>) -> Result<Trimmed, Vec<TrimError>> {
    work(request).map_err(|problems| errors(request.name, request.wasm, problems))
}

/// Everything that is wrong with an adapter in a form, all of its exports wanted. Empty for a good one.
///
/// Nothing is known about main, which may be as the adapter wants it.
pub(crate) fn check(name: &str, wasm: &[u8], form: Form, stack: Stack) -> Vec<TrimError> {
    let realloc = match form {
        Form::Shared => MainRealloc::Grow,
        Form::Isolated => MainRealloc::Export(WANTED_REALLOCS[0]),
    };
    let problems = Module::read(wasm, true).map_err(|problem| vec![problem]).and_then(|mut module| {
        let all = module.exports.keys().map(|export| export.to_string()).collect();
        let also = &|_| None;
        let (reports, debug, validate) = (false, false, true);
        let request = Request { name, wasm, exports: &all, also, form, realloc, stack, reports, debug, validate };
        analyse(&mut module, &request).map(drop)
    });
    problems.err().map(|problems| errors(name, wasm, problems)).unwrap_or_default()
}

fn work(request: &Request<'_>) -> Result<Trimmed, Vec<Problem>> {
    let mut module = Module::read(request.wasm, request.validate).map_err(|problem| vec![problem])?;
    let missing = missing(&module, request.exports);
    let analysed = analyse(&mut module, request);
    let analysis = match (analysed, missing.is_empty()) {
        (Ok(analysis), true) => analysis,
        (Ok(_), false) => return Err(missing),
        (Err(problems), _) => return Err(missing.into_iter().chain(problems).collect()),
    };
    let Analysis { units, live, plan } = &analysis;
    let also = |name: &str| live.also.iter().any(|(_, export)| *export == Some(name));
    let exports = exported(&module, |name| request.exports.contains(name) || also(name));
    let numbers = numbers::Numbers::assign(&module, live, plan);
    let (kept, dropped) = counts(&module, &analysis, &numbers);
    let (name, exports) = (request.name, exports.as_slice());
    let emit = emit::Emit { name, module: &module, units, live, plan, numbers, exports, debug: request.debug };
    let written = emit.module().map_err(|error| vec![Problem::reencode(error)])?;
    let emit::Written { wasm, debug, offsets, numbers } = written;
    let balanced = numbers.balance(plan).map(|[.., first]| first);
    let functions = Arc::new(why::functions(&module, units, &live.whys, &numbers, &offsets, exports, balanced));
    let memory = plan.own.as_ref().map(|own| own.memory);
    let region = report(plan, kept.data_bytes);
    let also = live.also.clone();
    Ok(Trimmed { wasm, kept, dropped, region, memory, debug, functions, also })
}

/// All that is known before anything is written.
struct Analysis<'a> {
    units: Units<'a>,
    live: live::Live,
    plan: Plan,
}

/// Finds out everything. An isolated adapter can do without its relocations, if they are no good.
fn analyse<'a>(module: &mut Module<'a>, request: &Request<'_>) -> Result<Analysis<'a>, Vec<Problem>> {
    match survey(module, request) {
        Err(problems)
            if request.form == Form::Isolated
                && module.linking.relocatable
                && problems.iter().any(Problem::is_about_moving) =>
        {
            module.linking.forget();
            survey(module, request)
        }
        found => found,
    }
}

fn survey<'a>(module: &Module<'a>, request: &Request<'_>) -> Result<Analysis<'a>, Vec<Problem>> {
    let &Request { form, realloc, stack, reports, also, validate, .. } = request;
    let exports = exported(module, |name| request.exports.contains(name));
    let mut problems: Vec<Problem> = stack.check(form).into_iter().collect();
    if let Some((offset, what)) = module.linking.stale(request.wasm) {
        // Nothing that follows from them would be true.
        problems.push(Problem::StaleRelocations { offset, what });
        return Err(problems);
    }
    let units = match module.linking.relocatable {
        true => Units::cut(module).unwrap_or_else(|problem| {
            problems.push(problem);
            Units::default()
        }),
        false => Units::default(),
    };
    let slots = table::Slots::read(module);
    let (live, found) = live::find(module, &units, &slots, &exports, live::Asked { form, also, validate });
    problems.extend(found);
    special::check_imports(module, &live, (form, realloc), &mut problems);
    special::check_data(module, &live, form, &mut problems);
    let special = special::Special::find(module, &live, (form, stack), &mut problems);
    let plan = Plan::of(module, &units, &slots, &live, special, (form, realloc, stack, reports));
    match (plan, problems.is_empty()) {
        (Ok(plan), true) => Ok(Analysis { units, live, plan }),
        (Ok(_), false) => Err(problems),
        (Err(problem), _) => {
            problems.push(problem);
            Err(problems)
        }
    }
}

/// What is asked for, and is no function that the adapter exports.
fn missing(module: &Module<'_>, names: &IndexSet<String>) -> Vec<Problem> {
    let problem = |name: &String| match module.exports.get(name.as_str()) {
        Some(export) if is_function(export) => None,
        Some(export) => Some(Problem::NotAFunction { export: name.clone(), found: kind(export.kind) }),
        None => Some(Problem::NoExport { export: name.clone(), near: near(module, name) }),
    };
    names.iter().filter_map(problem).collect()
}

/// The exported functions that somebody wants, in the adapter's order.
fn exported<'m, 'a>(module: &'m Module<'a>, wanted: impl Fn(&str) -> bool) -> Vec<&'m Export<'a>> {
    module.exports.values().filter(|export| is_function(export) && wanted(export.name)).collect()
}

/// An export whose name differs only in its spelling.
fn near(module: &Module<'_>, wanted: &str) -> Option<String> {
    let plain = |name: &str| -> String {
        let letters = name.chars().filter(char::is_ascii_alphanumeric);
        letters.map(|letter| letter.to_ascii_lowercase()).collect()
    };
    let wanted = plain(wanted);
    let mut names = module.exports.keys();
    names.find(|name| plain(name) == wanted).map(|name| name.to_string())
}

fn is_function(export: &Export<'_>) -> bool {
    matches!(export.kind, ExternalKind::Func | ExternalKind::FuncExact)
}

fn kind(kind: ExternalKind) -> &'static str {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => "function",
        ExternalKind::Table => "table",
        ExternalKind::Memory => "memory",
        ExternalKind::Global => "global",
        ExternalKind::Tag => "tag",
    }
}

fn errors(adapter: &str, wasm: &[u8], problems: Vec<Problem>) -> Vec<TrimError> {
    let mut seen = HashSet::new();
    let problems = problems.into_iter().map(|problem| unsupported::named(wasm, problem));
    let new = problems.filter(|problem| seen.insert(problem.clone()));
    new.map(|problem| TrimError { adapter: adapter.to_string(), problem }).collect()
}

fn counts(module: &Module<'_>, analysis: &Analysis<'_>, numbers: &numbers::Numbers) -> (Counts, Counts) {
    let Analysis { units, live, plan } = analysis;
    let own = module.functions.iter().filter(|function| function.own().is_some()).count();
    let slots = plan.slot_functions.len();
    let bytes: usize = module.data.iter().map(|data| data.data.len()).sum();
    let live_units = live.units.iter().filter_map(|unit| units.units.get(*unit));
    let kept_data = plan.own.as_ref().map_or(&live.data, |own| &own.segments);
    let live_data = kept_data.iter().filter_map(|data| module.data.get(*data as usize));
    let kept = Counts {
        imports: numbers.imports.len() + usize::from(plan.memory),
        functions: numbers.own.len(),
        globals: live.globals.len(),
        table_slots: plan.slots.as_ref().map_or(slots, |slots| slots.len()),
        data_bytes: live_units.map(|unit| unit.bytes.len()).sum::<usize>()
            + live_data.map(|data| data.data.len()).sum::<usize>(),
    };
    let dropped = Counts {
        imports: module.imports.len().saturating_sub(kept.imports),
        functions: own.saturating_sub(kept.functions),
        globals: module.globals.len().saturating_sub(kept.globals),
        table_slots: slots.saturating_sub(kept.table_slots),
        data_bytes: bytes.saturating_sub(kept.data_bytes),
    };
    (kept, dropped)
}

fn report(plan: &Plan, data_bytes: usize) -> Option<RegionReport> {
    if let Some(own) = &plan.own {
        return Some(RegionReport {
            guarded: plan.guarded.is_some(),
            stack_bytes: own.stack.as_ref().map_or(0, |stack| stack.end - stack.start),
            data_bytes: data_bytes as u32,
            align: 1 << 16,
            source: match own.memory.initial {
                1 => "own memory, 1 page".to_string(),
                pages => format!("own memory, {pages} pages"),
            },
            when: When::Always,
            why: "the adapter is isolated",
        });
    }
    let region = plan.region.as_ref()?;
    let (when, why) = match region.way {
        Way::Protocol => (When::FirstCall, "main exports a realloc, and the adapter keeps an `allocation_state`"),
        Way::FirstCall if plan.realloc.is_none() => {
            (When::FirstCall, "no realloc of main's is to be used, but its allocator is to begin before")
        }
        Way::FirstCall => (When::FirstCall, "main exports a realloc"),
        Way::Instantiation if plan.late => {
            (When::Instantiation, "main's start function may call the adapter before main's realloc exists")
        }
        Way::Instantiation => (When::Instantiation, "no realloc of main's is to be used"),
    };
    let source = plan.realloc.as_ref().filter(|_| region.way != Way::Instantiation);
    Some(RegionReport {
        stack_bytes: region.layout.stack,
        guarded: plan.guarded.is_some(),
        data_bytes: region.layout.data,
        align: region.layout.alignment,
        source: source.map_or(MEMORY_GROW.to_string(), |name| format!("main's `{name}`")),
        when,
        why,
    })
}
