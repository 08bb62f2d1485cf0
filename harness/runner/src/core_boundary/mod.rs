//! The core boundary: main's calls into its adapters, as interposers report them.
//!
//! The host interface `polyfill:interpose/calls`, which every component with an interposer imports, is given on every
//! host (`linker`). What comes in becomes a log, a line a call; and, where that is asked for, `checks` of what adapters do:
//! to main's memory (`watch`, `changes`, `results`), with main's realloc (`realloc`), and with handles of the host
//! (`ledger`, which a relay tells of those); who did it (`writers`); and whether it is all that it should be (`fills`,
//! `uninitialized`). For that, adapters' calls of main's realloc are reported, too: what changes
//! during those is main's own doing.

mod changes;
mod checks;
mod fills;
mod ledger;
mod linker;
mod realloc;
mod results;
mod uninitialized;
mod watch;
mod writers;

use std::collections::BTreeMap;
use std::ops::Range;

use polyfill_build::index::Sanitize;
use wasmtime::component::{ComponentType, Lift, Lower, WasmList};

use crate::observation::{Frame, Outcome};
use crate::violation::{LookedAt, StackUse, Violation, What, most};
use changes::End;
use fills::Fill;
pub(crate) use fills::PATTERNS;
use ledger::Ledger;
pub(crate) use linker::{add_to_linker, answered, asked, finish, locate};
use realloc::Reallocs;
pub use uninitialized::AllGiven;
use watch::{Lists, Size, Watch};
use writers::Writers;

/// The interface by which interposers report.
pub(crate) const INTERFACE: &str = "polyfill:interpose/calls@0.1.0";

/// The import module of which main's realloc is reported as a function.
const MAIN: &str = "__main_module__";
/// Bytes of a page.
const PAGE: u64 = 1 << 16;
/// Calls that are kept; of what comes after, only the number is.
const MOST_CALLS: usize = 100_000;

/// A core value, as reports have it.
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
}

/// Bytes that are to be in main's memory.
#[derive(Clone, Debug, PartialEq, ComponentType, Lower)]
#[component(record)]
pub(crate) struct Patch {
    address: u32,
    bytes: Vec<u8>,
}

/// What was reported in a run.
#[derive(Default)]
pub(crate) struct CoreBoundary {
    lines: Vec<String>,
    dropped: u64,
    /// Calls of adapters so far.
    count: u64,
    open: Vec<Open>,
    /// None where nobody asks for checks.
    watch: Option<Watch>,
    reallocs: Reallocs,
    /// The most calls of main's realloc in one of main's.
    most_reallocs: u64,
    ledger: Ledger,
    /// What calls of each function have used of a stack.
    stacks: BTreeMap<String, StackUse>,
    /// Main's memory, as it was shown last.
    shown: Option<WasmList<u8>>,
    /// Main's stack pointer, as it was told last, until somebody looks at it.
    stack_pointer: Option<u32>,
    /// Calls of main's in which it was known.
    stack_pointers: u64,
    /// The number of growths, those of all memories, before the last report.
    growths: usize,
    /// Memories of calls that are over, to be used again.
    spare: Vec<Vec<u8>>,
    violations: Vec<Violation>,
    /// Those of them that have just happened: it can be told where.
    unlocated: Vec<usize>,
    /// What nobody has written is filled with that.
    pattern: u8,
    /// What calls gave.
    given: AllGiven,
    /// In a second run, what it is for.
    writers: Option<Writers>,
}

/// What a run comes to.
pub(crate) struct Seen {
    pub(crate) calls: Vec<String>,
    pub(crate) dropped: u64,
    pub(crate) violations: Vec<Violation>,
    pub(crate) looked_at: LookedAt,
    pub(crate) given: AllGiven,
}

/// A call that has begun and not ended.
#[derive(Debug)]
struct Open {
    /// Its line in the log.
    line: Option<usize>,
    /// Which call of an adapter it is, from 1, and how deep it is in others.
    number: u64,
    depth: usize,
    module: String,
    function: String,
    arguments: Vec<Value>,
    /// Main's memory before it, with what main itself has changed since; none where nobody compares.
    memory: Option<Vec<u8>>,
    /// Bytes that it added to that memory, and may not.
    added: u64,
    /// Calls of main's realloc before it.
    reallocs: u64,
    /// Main's stack pointer before it, with what calls in it have done to that already; none where it is not known.
    stack_pointer: Option<u32>,
    /// What was filled before it.
    fills: Vec<Fill>,
}

impl Open {
    /// It is main that runs, asked by an adapter.
    fn is_main(&self) -> bool {
        self.module == MAIN
    }

    fn violation(&self, call: String, what: What) -> Violation {
        let Open { number, depth, .. } = *self;
        Violation { function: self.function.clone(), call, number, depth, ..Violation::of(what) }
    }
}

impl CoreBoundary {
    pub(crate) fn new(check: Option<&Sanitize>, args: &[String], env: &[(String, String)]) -> Self {
        let texts =
            |lengths: Vec<usize>| Size { count: lengths.len() as u64, bytes: lengths.iter().sum::<usize>() as u64 };
        let lists = Lists {
            args: texts(args.iter().map(|arg| arg.len() + 1).collect()),
            environ: texts(env.iter().map(|(name, value)| name.len() + value.len() + 2).collect()),
        };
        Self { watch: check.map(|check| Watch::new(check, lists)), pattern: PATTERNS[0], ..Self::default() }
    }

    /// Fills what nobody has written with another pattern.
    pub(crate) fn fill_with(&mut self, pattern: u8) {
        self.pattern = pattern;
        if let Some(watch) = &mut self.watch {
            watch.pattern = pattern;
        }
    }

    /// Looks for who writes these bytes of main's memory, each in the call of that number.
    pub(crate) fn watch_writers(&mut self, watched: &[(u64, Range<u64>)]) {
        self.writers = Some(Writers::new(watched));
    }

    /// The calls whose doing it is what happens now: the innermost one, and those that it was made in, unless it is main
    /// that runs between.
    fn running(&self) -> Vec<u64> {
        self.open.iter().rev().take_while(|open| !open.is_main()).map(|open| open.number).collect()
    }

    /// Something happens, be it that an adapter is about to write these bytes.
    fn happens(&mut self, memory: &[u8], writes: Option<&Range<u64>>) -> bool {
        let calls = self.running();
        let Some(writers) = &mut self.writers else { return false };
        writers.happens(&calls, memory);
        writes.is_some_and(|bytes| writers.wants(&calls, bytes))
    }

    /// An adapter is about to write these bytes, there.
    fn writes(&mut self, bytes: &Range<u64>, frames: &[Frame]) {
        let calls = self.running();
        if let Some(writers) = &mut self.writers {
            writers.writes(&calls, bytes, frames);
        }
    }

    /// The component was stopped: perhaps by what looks for writers.
    fn stopped(&mut self, outcome: &Outcome) {
        let calls = self.running();
        if let Some(writers) = &mut self.writers {
            writers.stopped(&calls, outcome);
        }
    }

    /// The calls that run go on from here.
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
        let compares = match (&mut self.watch, self.open.last()) {
            (None, _) => false,
            (Some(_), Some(outer)) => outer.memory.is_some(),
            (Some(watch), None) => open.is_main() || watch.looks_at(&open.function),
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

    /// An adapter's part in the innermost call has used so much of its stack.
    fn used(&mut self, used: StackUse) {
        let function = self.open.iter().rev().find(|open| !open.is_main()).map_or("", |open| &open.function);
        most(&mut self.stacks, function, used);
    }

    /// What has happened since the last report is the innermost call's doing, like what it did before.
    fn end(&mut self, growths: &[(u64, u64)], memory: &[u8]) {
        let mut size = memory.len() as u64;
        // Memories have no names here. Where none but main's can have grown or another one happens to be as large,
        // that is told apart by the size alone.
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

    fn seen(self) -> Seen {
        let [calls, passed_over] = self.watch.as_ref().map_or([0, 0], Watch::counts);
        let looked_at = LookedAt {
            calls,
            passed_over,
            reallocs: self.reallocs.calls,
            most_reallocs: self.most_reallocs,
            handles: self.ledger.given,
            most_handles: self.ledger.most,
            stacks: self.stacks,
            stack_pointers: self.stack_pointers,
            unsteady: 0,
        };
        Seen { calls: self.lines, dropped: self.dropped, violations: self.violations, looked_at, given: self.given }
    }
}

/// Whether it is known what a function of that name writes.
#[cfg(test)]
pub(crate) fn is_known(function: &str) -> bool {
    results::RESULTS.iter().any(|(name, _)| *name == function)
}

fn call(module: &str, function: &str, arguments: &[Value]) -> String {
    format!("{module}.{function}({})", list(arguments))
}

fn list(values: &[Value]) -> String {
    values.iter().map(Value::text).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
