//! The core boundary: main's calls into its adapters, as interposers report them.
//!
//! The host interface `polyfill:interpose/calls`, which every component with an interposer imports, is given on every
//! host. What comes in becomes a log, a line a call; and, where that is asked for, a check of main's memory.

mod changes;
mod results;

use polyfill_build::index::MemoryCheck;
use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Lift, Linker, WasmList};

use crate::host::State;
use crate::observation::MemoryFault;
use changes::{Lists, Size, Watch};

/// The interface by which interposers report.
pub(crate) const INTERFACE: &str = "polyfill:interpose/calls@0.1.0";

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
    fn text(&self) -> String {
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
    type Store<'a> = StoreContextMut<'a, State>;
    let mut instance = linker.instance(INTERFACE)?;
    // The bytes are main's memory itself: they are not copied on the way.
    instance.func_wrap("memory", |store: Store, (bytes,): (WasmList<u8>,)| {
        store.data().core_boundary().shown(bytes.as_le_slice(&store));
        Ok(())
    })?;
    instance.func_wrap("before", |store: Store, (module, function, values): (String, String, Vec<Value>)| {
        store.data().core_boundary().before(module, function, values, &store.data().pages.growths);
        Ok(())
    })?;
    instance.func_wrap("after", |store: Store, (_, _, values): (String, String, Vec<Value>)| {
        store.data().core_boundary().after(&values);
        Ok(())
    })
}

/// What was reported in a run.
#[derive(Debug, Default)]
pub(crate) struct CoreBoundary {
    lines: Vec<String>,
    dropped: u64,
    open: Vec<Open>,
    /// None where nobody asks for a check.
    watch: Option<Watch>,
    /// Main's memory, as it was shown last.
    memory: Vec<u8>,
    /// Memories of calls that are over, to be used again.
    spare: Vec<Vec<u8>>,
    faults: Vec<MemoryFault>,
}

/// What a run comes to.
pub(crate) struct Seen {
    pub(crate) calls: Vec<String>,
    pub(crate) dropped: u64,
    pub(crate) faults: Vec<MemoryFault>,
}

/// A call that has begun and not ended.
#[derive(Debug)]
struct Open {
    /// Its line in the log.
    line: Option<usize>,
    module: String,
    function: String,
    arguments: Vec<Value>,
    /// Main's memory before it.
    memory: Vec<u8>,
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

    pub(crate) fn take(&mut self) -> Seen {
        let seen = std::mem::take(self);
        Seen { calls: seen.lines, dropped: seen.dropped, faults: seen.faults }
    }

    fn shown(&mut self, memory: &[u8]) {
        if self.watch.is_some() {
            self.memory.clear();
            self.memory.extend_from_slice(memory);
        }
    }

    /// `growths`: of all memories, bytes before and after.
    fn before(&mut self, module: String, function: String, arguments: Vec<Value>, growths: &[(u64, u64)]) {
        if let Some(watch) = &mut self.watch {
            watch.grown_before_calls(growths);
        }
        let line = if self.lines.len() < MOST_CALLS {
            let indent = "  ".repeat(self.open.len());
            self.lines.push(format!("{indent}{}", call(&module, &function, &arguments)));
            Some(self.lines.len() - 1)
        } else {
            self.dropped += 1;
            None
        };
        let next = self.spare.pop().unwrap_or_default();
        let memory = std::mem::replace(&mut self.memory, next);
        self.open.push(Open { line, module, function, arguments, memory });
    }

    fn after(&mut self, results: &[Value]) {
        let Some(open) = self.open.pop() else { return };
        if let (Some(line), [_, ..]) = (open.line.and_then(|line| self.lines.get_mut(line)), results) {
            line.push_str(" -> ");
            line.push_str(&list(results));
        }
        if let Some(watch) = &mut self.watch {
            let called = changes::Call {
                module: &open.module,
                function: &open.function,
                arguments: &open.arguments,
                errno: results.first().copied(),
            };
            let found = changes::faults(&called, &open.memory, &mut self.memory, watch);
            let room = MOST_FAULTS.saturating_sub(self.faults.len());
            self.faults.extend(found.into_iter().take(room));
        }
        self.spare.push(open.memory);
    }
}

fn call(module: &str, function: &str, arguments: &[Value]) -> String {
    format!("{module}.{function}({})", list(arguments))
}

fn list(values: &[Value]) -> String {
    values.iter().map(Value::text).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_within_calls_are_indented() {
        let mut boundary = CoreBoundary::default();
        boundary.before("old".into(), "f".into(), vec![Value::I32(u32::MAX), Value::F64(0.5)], &[]);
        boundary.before("new".into(), "g".into(), vec![Value::I64(7)], &[]);
        boundary.after(&[Value::I32(8)]);
        boundary.after(&[]);
        boundary.before("new".into(), "exit".into(), vec![], &[]);
        assert_eq!(boundary.take().calls, ["old.f(4294967295, 0.5)", "  new.g(7) -> 8", "new.exit()"]);
    }
}
