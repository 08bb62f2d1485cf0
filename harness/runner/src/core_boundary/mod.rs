//! Core boundary: records main's calls into its adapters, as interposers report them.
//!
//! Every host implements the interface `polyfill:interpose/calls` (`linker`), which every component with an interposer
//! imports. The reports become a log with one line per call and, if sanitizing is enabled, input to the checks
//! (`checks`) of the adapters' effects: on main's memory (`watch`, `changes`, `places`), in calls of main's realloc
//! (`realloc`), on host handles (`ledger`, filled by the proxy component), together with write attribution (`writers`)
//! and detection of uninitialized results (`fills`, `uninitialized`). For these checks, the adapters' calls of main's
//! realloc are reported as well: memory that changes during such a call is changed by main.

mod changes;
mod checks;
mod fills;
mod invalid_handles;
mod ledger;
mod linker;
mod places;
mod realloc;
mod uninitialized;
mod watch;
mod writers;

use std::collections::BTreeMap;
use std::ops::Range;

use polyfill_abi::Descriptions;
use polyfill_builder::index::Sanitize;
use wasmtime::component::{ComponentType, Lift, Lower, WasmList};

use crate::observation::{Frame, Outcome};
use crate::violation::{Checked, StackUse, Violation, ViolationKind, most};
use changes::End;
use fills::Fill;
pub(crate) use fills::PATTERNS;
use ledger::Ledger;
pub(crate) use linker::{add_to_linker, answered, asked, finish, locate};
use places::{Reported, Sizes};
use realloc::Reallocs;
pub use uninitialized::AllGiven;
use watch::Watch;
use writers::Writers;

/// Name of the interface that interposers report to.
pub(crate) const INTERFACE: &str = "polyfill:interpose/calls@0.1.0";

/// Import module of the reported calls of main's realloc.
const MAIN: &str = "__main_module__";
/// Size of a WebAssembly page in bytes.
const PAGE: u64 = 1 << 16;
/// Maximum number of logged calls. Later calls are only counted.
const MOST_CALLS: usize = 100_000;

/// Core value as it appears in reports.
#[derive(Clone, Copy, Debug, PartialEq, ComponentType, Lift)]
#[component(variant)]
pub(crate) enum Value {
    #[component(name = "i32")]
    I32(u32),
    #[component(name = "i64")]
    I64(u64),
    #[component(name = "f32")]
    F32(f32),
    #[component(name = "f64")]
    F64(f64),
}

impl Value {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::I32(value) => value.to_string(),
            Self::I64(value) => value.to_string(),
            Self::F32(value) => value.to_string(),
            Self::F64(value) => value.to_string(),
        }
    }

    /// Returns the value as an unsigned number; of a float, its bits.
    pub(crate) fn bits(self) -> u64 {
        match self {
            Self::I32(value) => value.into(),
            Self::I64(value) => value,
            Self::F32(value) => value.to_bits().into(),
            Self::F64(value) => value.to_bits(),
        }
    }
}

/// Bytes to write to main's memory.
#[derive(Clone, Debug, PartialEq, ComponentType, Lower)]
#[component(record)]
pub(crate) struct Patch {
    address: u32,
    bytes: Vec<u8>,
}

/// Reports of a run so far.
#[derive(Default)]
pub(crate) struct CoreBoundary {
    /// Descriptions of main's import modules.
    abi: Descriptions,
    lines: Vec<String>,
    dropped: u64,
    /// Number of calls of adapters so far.
    count: u64,
    open: Vec<Open>,
    /// `None` if sanitizing is disabled.
    watch: Option<Watch>,
    reallocs: Reallocs,
    /// Maximum number of calls of main's realloc within one call by main.
    most_reallocs: u64,
    ledger: Ledger,
    /// Maximum stack use by function.
    stacks: BTreeMap<String, StackUse>,
    /// Main's memory as last reported.
    shown: Option<WasmList<u8>>,
    /// Main's stack pointer as last reported. Taken by the next `before` or `after` report.
    stack_pointer: Option<u32>,
    /// Number of main's calls with a known stack pointer.
    stack_pointers: u64,
    /// Number of growths of all memories at the time of the last report.
    growths: usize,
    /// Memory snapshots of finished calls, kept for reuse.
    spare: Vec<Vec<u8>>,
    violations: Vec<Violation>,
    /// Indices of new violations that have no backtrace yet.
    unlocated: Vec<usize>,
    /// Fill pattern for uninitialized memory.
    pattern: u8,
    /// Outputs of calls.
    given: AllGiven,
    /// Write attribution state, in a second run.
    writers: Option<Writers>,
}

/// Result of a run.
pub(crate) struct CoreCalls {
    pub(crate) calls: Vec<String>,
    pub(crate) dropped: u64,
    pub(crate) violations: Vec<Violation>,
    pub(crate) checked: Checked,
    pub(crate) given: AllGiven,
}

/// Call that has begun and not ended.
#[derive(Debug)]
struct Open {
    /// Index of its line in the log.
    line: Option<usize>,
    /// Number of the adapter call, from 1, and its nesting depth among adapter calls.
    number: u64,
    depth: usize,
    module: String,
    function: String,
    arguments: Vec<Value>,
    /// Main's memory before the call, updated with main's own later changes. `None` if the call is not compared.
    memory: Option<Vec<u8>>,
    /// Number of bytes that the call added to memory without permission.
    added: u64,
    /// Number of calls of main's realloc before it.
    reallocs: u64,
    /// Main's stack pointer before the call, adjusted by the reported errors of nested calls. `None` if unknown.
    stack_pointer: Option<u32>,
    /// Places that were filled before the call.
    fills: Vec<Fill>,
}

impl Open {
    /// Returns true if this is a call of main by an adapter.
    fn is_main(&self) -> bool {
        self.module == MAIN
    }

    fn violation(&self, call: String, what: ViolationKind) -> Violation {
        let Open { number, depth, .. } = *self;
        Violation { function: self.function.clone(), call, number, depth, ..Violation::of(what) }
    }
}

impl CoreBoundary {
    pub(crate) fn new(check: Option<&Sanitize>, abi: &Descriptions, args: &[String], env: &[(String, String)]) -> Self {
        let reported = Reported { inputs: Sizes::of(args, env), ..Reported::default() };
        let watch = check.map(|check| Watch::new(check, reported));
        Self { watch, abi: abi.clone(), pattern: PATTERNS[0], ..Self::default() }
    }

    /// Sets the fill pattern for uninitialized memory.
    pub(crate) fn fill_with(&mut self, pattern: u8) {
        self.pattern = pattern;
        if let Some(watch) = &mut self.watch {
            watch.pattern = pattern;
        }
    }

    /// Enables write attribution for these byte ranges of main's memory, each in the call with the given number.
    pub(crate) fn watch_writers(&mut self, watched: &[(u64, Range<u64>)]) {
        self.writers = Some(Writers::new(watched));
    }

    /// Returns the numbers of the calls that current changes are attributed to: the innermost call and its callers, up
    /// to the nearest call of main.
    fn running(&self) -> Vec<u64> {
        self.open.iter().rev().take_while(|open| !open.is_main()).map(|open| open.number).collect()
    }

    /// Handles an event, possibly a write of `writes` by an adapter. Returns true if the write is to be attributed.
    fn happens(&mut self, memory: &[u8], writes: Option<&Range<u64>>) -> bool {
        let calls = self.running();
        let Some(writers) = &mut self.writers else { return false };
        writers.happens(&calls, memory);
        writes.is_some_and(|bytes| writers.wants(&calls, bytes))
    }

    /// Attributes an adapter's write of these bytes to the code at `frames`.
    fn writes(&mut self, bytes: &Range<u64>, frames: &[Frame]) {
        let calls = self.running();
        if let Some(writers) = &mut self.writers {
            writers.writes(&calls, bytes, frames);
        }
    }

    /// Handles the abnormal end of the component, which may come from a write check.
    fn stopped(&mut self, outcome: &Outcome) {
        let calls = self.running();
        if let Some(writers) = &mut self.writers {
            writers.stopped(&calls, outcome);
        }
    }

    /// Takes the current memory as the baseline for the running calls.
    fn goes_on(&mut self, memory: &[u8]) {
        let calls = self.running();
        if let Some(writers) = &mut self.writers {
            writers.goes_on(&calls, memory);
        }
    }

    fn before(&mut self, module: String, function: String, arguments: Vec<Value>, memory: &[u8]) {
        self.happens(memory, None);
        self.note_size(memory.len() as u64);
        let is_main = module == MAIN;
        if is_main {
            self.asks(&arguments);
        }
        self.count += u64::from(!is_main);
        let (number, reallocs) = (self.count, self.reallocs.calls);
        let depth = self.open.iter().filter(|outer| !outer.is_main()).count();
        let stack_pointer = self.stack_pointer.take();
        self.stack_pointers += u64::from(stack_pointer.is_some() && depth == 0 && !is_main);
        let open = Open {
            line: None,
            number,
            depth,
            module,
            function,
            arguments,
            memory: None,
            added: 0,
            reallocs,
            stack_pointer,
            fills: Vec::new(),
        };
        let described = self.abi.function(&open.module, &open.function);
        let compares = match (&mut self.watch, self.open.last()) {
            (None, _) => false,
            (Some(_), Some(outer)) => outer.memory.is_some(),
            (Some(watch), None) => open.is_main() || watch.looks_at(&open.module, described),
        };
        let now = memory;
        let memory = compares.then(|| {
            let mut copy = self.spare.pop().unwrap_or_default();
            copy.clear();
            copy.extend_from_slice(memory);
            copy
        });
        let line = self.log(&open);
        self.open.push(Open { line, memory, ..open });
        self.goes_on(now);
    }

    fn after(&mut self, results: &[Value], memory: &[u8]) {
        self.happens(memory, None);
        self.note_size(memory.len() as u64);
        let Some(open) = self.open.pop() else { return };
        if let (Some(line), [_, ..]) = (open.line.and_then(|line| self.lines.get_mut(line)), results) {
            line.push_str(" -> ");
            line.push_str(&list(results));
        }
        match (open.is_main(), results) {
            (true, &[Value::I32(start)]) => self.gives(&open, u64::from(start), memory.len() as u64),
            (false, _) if open.depth == 0 => self.leaves(&open, results, memory),
            _ => {}
        }
        let was_main = open.is_main();
        self.leaves_stack(&open, results);
        self.close(open, End::Returned(results.first().copied()), memory);
        if was_main {
            self.goes_on(memory);
        }
    }

    /// Records stack use of an adapter in the innermost call.
    fn used(&mut self, used: StackUse) {
        let function = self.open.iter().rev().find(|open| !open.is_main()).map_or("", |open| &open.function);
        most(&mut self.stacks, function, used);
    }

    /// Ends the run and attributes all changes since the last report to the innermost call.
    fn end(&mut self, growths: &[(u64, u64)], memory: &[u8]) {
        let mut size = memory.len() as u64;
        // Reported growths have no memory names. Growths of main's memory are recognized by size, which is exact unless
        // another memory of the same size grows.
        if self.watch.as_ref().is_some_and(|watch| watch.shared) {
            for &(before, after) in growths.get(self.growths..).unwrap_or_default() {
                size = if before == size { after } else { size };
            }
            self.note_size(size);
        }
        self.happens(memory, None);
        while let Some(open) = self.open.pop() {
            self.close(open, End::Never, memory);
        }
    }

    fn log(&mut self, open: &Open) -> Option<usize> {
        if open.is_main() {
            return None;
        }
        if self.lines.len() >= MOST_CALLS {
            self.dropped += 1;
            return None;
        }
        let text = call(&open.module, &open.function, &open.arguments);
        self.lines.push(format!("{}{text}", "  ".repeat(open.depth)));
        Some(self.lines.len() - 1)
    }

    fn note_size(&mut self, size: u64) {
        let (Some(watch), last) = (&mut self.watch, self.open.last_mut()) else { return };
        let added = watch.grown(size, last.as_ref().is_some_and(|open| !open.is_main()));
        if let Some(open) = last {
            open.added += added;
        }
    }

    fn finish(self) -> CoreCalls {
        let [calls, skipped] = self.watch.as_ref().map_or([0, 0], Watch::counts);
        let undescribed = self.watch.map(|watch| watch.undescribed).unwrap_or_default();
        let checked = Checked {
            calls,
            skipped,
            reallocs: self.reallocs.calls,
            most_reallocs: self.most_reallocs,
            handles: self.ledger.given,
            most_handles: self.ledger.most,
            stacks: self.stacks,
            stack_pointers: self.stack_pointers,
            nondeterministic: 0,
            undescribed,
        };
        CoreCalls { calls: self.lines, dropped: self.dropped, violations: self.violations, checked, given: self.given }
    }
}

fn call(module: &str, function: &str, arguments: &[Value]) -> String {
    format!("{module}.{function}({})", list(arguments))
}

fn list(values: &[Value]) -> String {
    values.iter().map(Value::text).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
