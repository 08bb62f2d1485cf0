//! The core boundary: main's calls into its adapters, as interposers report them.
//!
//! The host interface `polyfill:interpose/calls`, which every component with an interposer imports, is given on every
//! host. What comes in becomes a log, a line a call; and, where that is asked for, a check of main's memory. For that,
//! adapters' calls of main's realloc are reported, too: what changes during those is main's own doing.

mod changes;
mod results;
mod watch;

use polyfill_build::index::MemoryCheck;
use wasmtime::component::{ComponentType, Lift, Linker, WasmList};
use wasmtime::{Store, StoreContext, StoreContextMut};

use crate::host::State;
use crate::observation::MemoryFault;
use changes::End;
use watch::{Lists, Size, Watch};

/// The interface by which interposers report.
pub(crate) const INTERFACE: &str = "polyfill:interpose/calls@0.1.0";

/// The import module of which main's realloc is reported as a function.
const MAIN: &str = "__main_module__";
/// Bytes of a page.
const PAGE: u64 = 1 << 16;
/// Calls that are kept; of what comes after, only the number is.
const MOST_CALLS: usize = 100_000;
/// Faults that are kept: the first ones say what is wrong.
const MOST_FAULTS: usize = 8;

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

/// Defines the interface, in place of what is there under its name.
pub(crate) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    type Caller<'a> = StoreContextMut<'a, State>;
    let mut instance = linker.instance(INTERFACE)?;
    instance.func_wrap("memory", |store: Caller, (bytes,): (WasmList<u8>,)| {
        store.data().core_boundary().shown = Some(bytes);
        Ok(())
    })?;
    instance.func_wrap("before", |store: Caller, (module, function, values): (String, String, Vec<Value>)| {
        look(&store, |boundary, memory| {
            store.data().tape().begin_core(&module, &function, &values, memory);
            boundary.before(module, function, values, memory);
        });
        Ok(())
    })?;
    instance.func_wrap("after", |store: Caller, (_, _, values): (String, String, Vec<Value>)| {
        look(&store, |boundary, memory| {
            if let Some(Open { module, function, arguments, .. }) = boundary.open.last() {
                store.data().tape().end_core(module, function, arguments, &values, memory);
            }
            boundary.after(&values, memory);
        });
        Ok(())
    })
}

/// The run is over: calls that have not returned never will. What was reported in it.
pub(crate) fn finish(store: &Store<State>) -> Seen {
    let growths = &store.data().pages.growths;
    look(store, |boundary, memory| boundary.end(growths, memory));
    let seen = std::mem::take(&mut *store.data().core_boundary());
    let compared = seen.watch.map_or([0, 0], |watch| watch.counts());
    Seen { calls: seen.lines, dropped: seen.dropped, faults: seen.faults, compared }
}

/// Main's memory is read where it lies: nothing of it is copied that nobody compares. Its size is that of the last
/// report; it is there as long as the store is, even when its instance has trapped.
fn look<'s>(store: impl Into<StoreContext<'s, State>>, work: impl FnOnce(&mut CoreBoundary, &[u8])) {
    let store = store.into();
    let mut boundary = store.data().core_boundary();
    let shown = boundary.shown.take();
    work(&mut boundary, shown.as_ref().map_or(&[], |list| list.as_le_slice(&store)));
    boundary.growths = store.data().pages.growths.len();
    boundary.shown = shown;
}

/// What was reported in a run.
#[derive(Default)]
pub(crate) struct CoreBoundary {
    lines: Vec<String>,
    dropped: u64,
    open: Vec<Open>,
    /// None where nobody asks for a check.
    watch: Option<Watch>,
    /// Main's memory, as it was shown last.
    shown: Option<WasmList<u8>>,
    /// The number of growths, those of all memories, before the last report.
    growths: usize,
    /// Memories of calls that are over, to be used again.
    spare: Vec<Vec<u8>>,
    faults: Vec<MemoryFault>,
}

/// What a run comes to.
pub(crate) struct Seen {
    pub(crate) calls: Vec<String>,
    pub(crate) dropped: u64,
    pub(crate) faults: Vec<MemoryFault>,
    /// Calls of main's that were looked at, and those of very many that were not.
    pub(crate) compared: [u64; 2],
}

/// A call that has begun and not ended.
#[derive(Debug)]
struct Open {
    /// Its line in the log.
    line: Option<usize>,
    module: String,
    function: String,
    arguments: Vec<Value>,
    /// Main's memory before it, with what main itself has changed since; none where nobody compares.
    memory: Option<Vec<u8>>,
    /// Bytes that it added to that memory, and may not.
    added: u64,
}

impl Open {
    /// It is main that runs, asked by an adapter.
    fn is_main(&self) -> bool {
        self.module == MAIN
    }
}

impl CoreBoundary {
    pub(crate) fn new(check: Option<&MemoryCheck>, args: &[String], env: &[(String, String)]) -> Self {
        let texts =
            |lengths: Vec<usize>| Size { count: lengths.len() as u64, bytes: lengths.iter().sum::<usize>() as u64 };
        let lists = Lists {
            args: texts(args.iter().map(|arg| arg.len() + 1).collect()),
            environ: texts(env.iter().map(|(name, value)| name.len() + value.len() + 2).collect()),
        };
        Self { watch: check.map(|check| Watch::new(check, lists)), ..Self::default() }
    }

    fn before(&mut self, module: String, function: String, arguments: Vec<Value>, memory: &[u8]) {
        self.note_size(memory.len() as u64);
        let open = Open { line: None, module, function, arguments, memory: None, added: 0 };
        let compares = match (&mut self.watch, self.open.last()) {
            (None, _) => false,
            (Some(_), Some(outer)) => outer.memory.is_some(),
            (Some(watch), None) => open.is_main() || watch.looks_at(&open.function),
        };
        let memory = compares.then(|| {
            let mut copy = self.spare.pop().unwrap_or_default();
            copy.clear();
            copy.extend_from_slice(memory);
            copy
        });
        let line = self.log(&open);
        self.open.push(Open { line, memory, ..open });
    }

    fn after(&mut self, results: &[Value], memory: &[u8]) {
        self.note_size(memory.len() as u64);
        let Some(open) = self.open.pop() else { return };
        if let (Some(line), [_, ..]) = (open.line.and_then(|line| self.lines.get_mut(line)), results) {
            line.push_str(" -> ");
            line.push_str(&list(results));
        }
        if let (true, Some(watch)) = (open.is_main(), &mut self.watch)
            && let (&[.., Value::I32(size)], &[Value::I32(start)]) = (&open.arguments[..], results)
        {
            watch.given(u64::from(start)..u64::from(start) + u64::from(size));
        }
        self.close(open, End::Returned(results.first().copied()), memory);
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
        let depth = self.open.iter().filter(|outer| !outer.is_main()).count();
        let text = call(&open.module, &open.function, &open.arguments);
        self.lines.push(format!("{}{text}", "  ".repeat(depth)));
        Some(self.lines.len() - 1)
    }

    fn note_size(&mut self, size: u64) {
        let (Some(watch), last) = (&mut self.watch, self.open.last_mut()) else { return };
        let added = watch.grown(size, last.as_ref().is_some_and(|open| !open.is_main()));
        if let Some(open) = last {
            open.added += added;
        }
    }

    /// Judges what an adapter did; keeps what main did out of the judgement on those who asked it to.
    fn close(&mut self, open: Open, end: End, memory: &[u8]) {
        let Some(watch) = &mut self.watch else { return };
        if open.is_main() {
            for outer in &mut self.open {
                if let (Some(baseline), Some(before)) = (&mut outer.memory, &open.memory) {
                    changes::take_over(baseline, before, memory);
                }
            }
        } else {
            let Open { module, function, arguments, .. } = &open;
            let call = changes::Call { module, function, arguments, end };
            let mut found = Vec::new();
            if open.added > 0 {
                found.push(MemoryFault::Grown { call: call.text(), pages: open.added / PAGE });
            }
            if let Some(before) = &open.memory {
                found.extend(changes::faults(&call, before, memory, watch));
            }
            let room = MOST_FAULTS.saturating_sub(self.faults.len());
            self.faults.extend(found.into_iter().take(room));
        }
        self.spare.extend(open.memory);
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
