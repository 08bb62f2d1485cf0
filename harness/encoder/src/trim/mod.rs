//! Garbage-collects an adapter: keeps the part that the requested exports need, and places its stack and static data.
//!
//! An adapter is ordinary code, in one of two forms. A shared adapter works in main's memory: the relocations that
//! `--emit-relocs` leaves in it allow its data to be moved to a region allocated at run time. An isolated adapter keeps
//! its own memory, where nothing moves; relocations, if present, only show which data is unused. The steps:
//!
//! | file | step |
//! |---|---|
//! | `form` | form that a module is built for |
//! | `module`, `names`, `linking` | bytes -> index spaces, names, symbols and relocations |
//! | `data`, `table` | static data as chunks, function table as slots |
//! | `live`, `plain` | reachability from the requested exports; instructions that are copied unchanged |
//! | `special`, `shape`, `access` | stack pointer, identified by name or by its use; imports with special meaning |
//! | `stack` | stack size, overflow guard and usage measurement |
//! | `layout`, `region`, `contents` | layout and allocation of a shared adapter's stack and data |
//! | `isolated` | memory and data of an isolated adapter |
//! | `plan` | all decisions |
//! | `numbers`, `body`, `emit` | index remapping and encoding of the new module |
//! | `why` | reason for which each function is kept |
//! | `watch` | instrumentation of a finished module that reports its writes |
//! | `unsupported` | unsupported constructs and their locations |
//! | `offsets`, `dwarf` | offset mapping and DWARF rewriting |

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

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexSet;
use wasmparser::{Export, ExternalKind, MemoryType};

use crate::names::WANTED_REALLOCS;

pub(crate) use dwarf::Debug;
pub use error::{Problem, TrimError};
pub(crate) use form::{Form, form};
pub(crate) use stack::ShadowStack;
pub(crate) use watch::watch;
pub(crate) use why::{Functions, KeptFunction, Reason};

use data::Units;
use module::Module;
use plan::Plan;
use region::AllocationPoint;

/// Input of [`trim`].
pub(crate) struct Request<'a> {
    /// Name of the adapter, for messages and for the module name in the `name` section.
    pub name: &'a str,
    /// Binary of the adapter.
    pub wasm: &'a [u8],
    /// Names of the exports to keep. All of them must be functions.
    pub exports: &'a IndexSet<String>,
    /// Returns the export that the import with the given index also requires if it is kept: a realloc for its results.
    pub also: &'a dyn Fn(usize) -> Option<&'static str>,
    /// Form of the adapter: location of its stack, heap and static data.
    pub form: Form,
    /// Source of memory allocated from main.
    pub realloc: MainRealloc<'a>,
    /// Options of the adapter's shadow stack.
    pub stack: ShadowStack,
    /// Adds the imports and functions that [`watch`] requires.
    pub reports: bool,
    /// Keeps the `name` section and DWARF.
    pub debug: bool,
    /// Validates the adapter, except for the bodies of dropped functions. If unset, an invalid adapter can produce an
    /// invalid module.
    pub validate: bool,
}

/// Source of an adapter's stack, its static data and its allocations from main.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MainRealloc<'a> {
    /// The export of main with this name.
    Export(&'a str),
    /// `memory.grow`.
    Grow,
    /// The export of main with this name, but main's start function may call the adapter before it is available.
    Late(&'a str),
}

/// A garbage-collected adapter.
#[derive(Clone, Debug)]
pub(crate) struct Trimmed {
    /// Binary of the new module.
    pub wasm: Vec<u8>,
    /// Counts of the items that were kept, without the functions that the encoder generated.
    pub kept: Counts,
    /// Counts of the items that were dropped.
    pub dropped: Counts,
    /// Stack and static data, if the adapter has any.
    pub region: Option<RegionReport>,
    /// Memory that an isolated adapter keeps, if it needs one. The module imports it as `env` `memory` and expects it
    /// to be zeroed and used by no other module.
    pub memory: Option<MemoryType>,
    /// Result of rewriting the DWARF.
    pub debug: Debug,
    /// Kept, generated and dropped functions, with the reasons.
    pub functions: Arc<Functions>,
    /// Results of [`Request::also`] for the imports that were visited.
    pub also: Vec<(usize, Option<&'static str>)>,
}

/// Numbers of items of an adapter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub imports: usize,
    pub functions: usize,
    pub globals: usize,
    pub table_slots: usize,
    pub data_bytes: usize,
}

/// Name of the source of a region that main's realloc does not allocate.
pub(crate) const MEMORY_GROW: &str = "memory.grow";

/// Location, size and allocation of an adapter's stack and static data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RegionReport {
    pub stack_bytes: u32,
    /// Set when exceeding the stack traps.
    pub guarded: bool,
    pub data_bytes: u32,
    pub align: u32,
    /// Name of main's realloc, or `memory.grow`, or the adapter's own memory with its size.
    pub source: String,
    /// Time of allocation.
    pub when: When,
    /// Reason for the source and time of allocation.
    pub why: &'static str,
}

/// Time at which a region is allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// At the first call of an export.
    FirstCall,
    /// By the module's start function.
    Instantiation,
    /// In the adapter's own memory, without an allocation.
    Always,
}

/// Garbage-collects an adapter.
///
/// # Errors
///
/// Returns every problem that was found, without duplicates.
pub(crate) fn trim(request: &Request<'_>) -> Result<Trimmed, Vec<TrimError>> {
    work(request).map_err(|problems| errors(request.name, request.wasm, problems))
}

/// Validates an adapter in the given form with all of its exports kept, and returns every problem. The result is empty
/// for a valid adapter.
///
/// Main is unknown, and assumed to provide everything that the adapter imports of it.
pub(crate) fn check(name: &str, wasm: &[u8], form: Form, stack: ShadowStack) -> Vec<TrimError> {
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
    match problems {
        Ok(()) => Vec::new(),
        Err(problems) => errors(name, wasm, problems),
    }
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

/// Results of the analysis, computed before anything is encoded.
struct Analysis<'a> {
    units: Units<'a>,
    live: live::Live,
    plan: Plan,
}

/// Analyzes a module. If the relocations of an isolated adapter are invalid, the analysis is repeated without them.
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
        // Stale relocations would make all further results wrong.
        problems.push(Problem::StaleRelocations { offset, what });
        return Err(problems);
    }
    let units = if module.linking.relocatable {
        Units::cut(module).unwrap_or_else(|problem| {
            problems.push(problem);
            Units::default()
        })
    } else {
        Units::default()
    };
    let slots = table::Slots::read(module);
    let (live, found) = live::find(module, &units, &slots, &exports, live::Asked { form, also, validate });
    problems.extend(found);
    special::check_imports(module, &live, form, realloc, &mut problems);
    special::check_data(module, &live, form, &mut problems);
    let special = special::Special::find(module, &live, form, stack, &mut problems);
    let choices = plan::Choices { form, realloc, stack, reports };
    let plan = Plan::of(module, &units, &slots, &live, special, choices);
    match (plan, problems.is_empty()) {
        (Ok(plan), true) => Ok(Analysis { units, live, plan }),
        (Ok(_), false) => Err(problems),
        (Err(problem), _) => {
            problems.push(problem);
            Err(problems)
        }
    }
}

/// Returns a problem for each requested export that does not exist or is not a function.
fn missing(module: &Module<'_>, names: &IndexSet<String>) -> Vec<Problem> {
    let problem = |name: &String| match module.exports.get(name.as_str()) {
        Some(export) if is_function(export) => None,
        Some(export) => Some(Problem::NotAFunction { export: name.clone(), found: kind(export.kind) }),
        None => Some(Problem::NoExport { export: name.clone(), near: near(module, name) }),
    };
    names.iter().filter_map(problem).collect()
}

/// Returns the exported functions that `wanted` selects, in the adapter's order.
fn exported<'m, 'a>(module: &'m Module<'a>, wanted: impl Fn(&str) -> bool) -> Vec<&'m Export<'a>> {
    module.exports.values().filter(|export| is_function(export) && wanted(export.name)).collect()
}

/// Returns the export whose name is closest to the wanted one.
fn near(module: &Module<'_>, wanted: &str) -> Option<String> {
    crate::near(wanted, module.exports.keys().copied()).first().map(ToString::to_string)
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
        AllocationPoint::Protocol => {
            (When::FirstCall, "main exports a realloc, and the adapter has an `allocation_state`")
        }
        AllocationPoint::FirstCall if plan.realloc.is_none() => {
            (When::FirstCall, "main's realloc is not used, but its allocator must be initialized first")
        }
        AllocationPoint::FirstCall => (When::FirstCall, "main exports a realloc"),
        AllocationPoint::Instantiation if plan.late => {
            (When::Instantiation, "main's start function may call the adapter before main's realloc exists")
        }
        AllocationPoint::Instantiation => (When::Instantiation, "main has no usable realloc"),
    };
    let source = plan.realloc.as_ref().filter(|_| region.way != AllocationPoint::Instantiation);
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
