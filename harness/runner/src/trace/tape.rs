//! Recorder of the calls of a run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use polyfill_abi::Descriptions;
use wasmtime::AsContextMut;
use wasmtime::component::{ResourceAny, Val};

use super::script::{Response, Script};
use super::{Boundary, Detail, End, Event, Trace, core_text, shortened};
use crate::core_boundary::Value;
use crate::host::State;
use crate::names::Item;
use crate::values::{full_text, trace_text};

/// Maximum number of calls kept in a full trace. Later calls are only counted.
const MOST_EVENTS: usize = 1_000_000;
/// Maximum number of calls kept in a trace for display.
const MOST_SHOWN: usize = 100_000;
/// Maximum number of bytes of names, arguments and results. A guest can pass all of its memory in each call.
const MOST_BYTES: usize = 256 << 20;

/// Trace being recorded, with the handles in it.
#[derive(Default)]
pub(crate) struct Tape {
    detail: Detail,
    /// Descriptions of main's import modules.
    abi: Descriptions,
    trace: Trace,
    /// Number of bytes of its texts.
    bytes: usize,
    /// Indices of the open calls, innermost last. `None` for calls that are not kept.
    open: Vec<Option<usize>>,
    /// Number of the innermost open call that is kept, from 1, or 0.
    innermost: Arc<AtomicUsize>,
    handles: BTreeMap<u32, Handle>,
    /// Number of handles so far.
    count: u32,
    /// Number of handles so far by resource.
    counts: BTreeMap<String, u32>,
    script: Option<Box<dyn Script>>,
}

/// Handle of a host resource held by the guest.
#[derive(Clone)]
pub(crate) struct Handle {
    /// Handle of the proxy component. `None` if a host mock has created it.
    pub(crate) real: Option<ResourceAny>,
    /// Name, as in `output-stream#2`.
    pub(crate) name: String,
}

impl Tape {
    pub(crate) fn new(detail: Detail, abi: &Descriptions) -> Self {
        Self { detail, abi: abi.clone(), ..Self::default() }
    }

    pub(crate) fn begin(&mut self, boundary: Boundary, function: &str, arguments: Vec<String>) {
        if !self.is_on() {
            return;
        }
        let most = if self.detail == Detail::Full { MOST_EVENTS } else { MOST_SHOWN };
        let bytes = arguments.iter().fold(function.len(), |bytes, argument| bytes.saturating_add(argument.len()));
        if self.trace.events.len() >= most || !self.has_room(bytes) {
            self.trace.dropped += 1;
            self.open.push(None);
            self.note();
            return;
        }
        let within = self.open.iter().rev().find_map(|index| *index);
        self.open.push(Some(self.trace.events.len()));
        let function = function.to_string();
        self.trace.events.push(Event { boundary, within, function, arguments, end: End::Never });
        self.note();
    }

    /// Reserves room for a text. Returns false if it does not fit.
    fn has_room(&mut self, bytes: usize) -> bool {
        let all = self.bytes.saturating_add(bytes);
        let fits = all <= MOST_BYTES;
        self.bytes = if fits { all } else { self.bytes };
        fits
    }

    /// Records the end of the innermost call.
    pub(crate) fn end(&mut self, mut end: End) {
        if let End::Returned(Some(text)) | End::Failed(text) = &mut end
            && !self.has_room(text.len())
        {
            // A shortened trace can be displayed but not replayed.
            *text = shortened(text);
            self.trace.dropped += u64::from(self.open.last().is_some_and(Option::is_some));
        }
        if let Some(event) = self.open.pop().flatten().and_then(|index| self.trace.events.get_mut(index)) {
            event.end = end;
        }
        self.note();
    }

    fn note(&self) {
        let innermost = self.open.iter().rev().find_map(|index| *index);
        self.innermost.store(innermost.map_or(0, |index| index + 1), Ordering::Relaxed);
    }

    /// Returns the shared number of the innermost open call, from 1, or 0 if no call is open.
    pub(crate) fn innermost(&self) -> Arc<AtomicUsize> {
        self.innermost.clone()
    }

    pub(crate) fn is_on(&self) -> bool {
        self.detail != Detail::Off
    }

    /// Returns true if calls are recorded or passed to a host mock.
    pub(crate) fn is_asked(&self) -> bool {
        self.is_on() || self.script.is_some()
    }

    /// Records the begin of a call across the core boundary.
    pub(crate) fn begin_core(&mut self, module: &str, function: &str, values: &[Value], memory: &[u8]) {
        if self.is_on() {
            let described = self.abi.function(module, function);
            let arguments = described.and_then(|function| core_text::arguments(function, values, memory));
            let arguments = arguments.unwrap_or_else(|| values.iter().map(Value::text).collect());
            self.begin(Boundary::Core, &format!("{module}.{function}"), arguments);
        }
    }

    /// Records the return of a call across the core boundary.
    pub(crate) fn end_core(
        &mut self,
        module: &str,
        function: &str,
        arguments: &[Value],
        results: &[Value],
        memory: &[u8],
    ) {
        if self.is_on() {
            let described = self.abi.function(module, function);
            let result = described.and_then(|function| core_text::result(function, arguments, results, memory));
            let plain =
                || (!results.is_empty()).then(|| results.iter().map(Value::text).collect::<Vec<_>>().join(", "));
            self.end(End::Returned(result.unwrap_or_else(plain)));
        }
    }

    /// Formats a value with the detail of this recorder.
    pub(crate) fn text(&self, value: &Val, handle: &mut dyn FnMut(ResourceAny) -> String) -> String {
        match self.detail {
            Detail::Full => full_text(value, handle),
            Detail::Short | Detail::Off => trace_text(value, handle),
        }
    }

    /// Assigns a number and a name to a handle returned by the host.
    pub(crate) fn give(&mut self, resource: &str, real: ResourceAny) -> (u32, String) {
        let count = self.counts.entry(resource.to_string()).or_default();
        *count += 1;
        let name = format!("{resource}#{count}");
        self.count += 1;
        self.handles.insert(self.count, Handle { real: Some(real), name: name.clone() });
        (self.count, name)
    }

    /// Assigns a number to a mocked handle with this name.
    pub(crate) fn make(&mut self, name: &str) -> u32 {
        self.count += 1;
        self.handles.insert(self.count, Handle { real: None, name: name.to_string() });
        self.count
    }

    /// Returns the response of the host mock, or [`Response::Nothing`] without one.
    pub(crate) fn answer(&mut self, function: &str, arguments: &[String]) -> Response {
        self.script.as_mut().map_or(Response::Nothing, |script| script.answer(function, arguments))
    }

    /// Installs a host mock, which receives all further calls first.
    pub(crate) fn follow(&mut self, script: Box<dyn Script>) {
        self.script = Some(script);
    }

    pub(crate) fn handle(&self, number: u32) -> Option<&Handle> {
        self.handles.get(&number)
    }

    /// Removes a handle that the guest has dropped or passed on.
    pub(crate) fn take(&mut self, number: u32) -> Option<Handle> {
        self.handles.remove(&number)
    }

    /// Returns the names of the handles that the guest still holds.
    pub(crate) fn held(&self) -> Vec<String> {
        self.handles.values().map(|handle| handle.name.clone()).collect()
    }

    pub(crate) fn finish(&mut self) -> Trace {
        std::mem::take(&mut self.trace)
    }
}

/// Records a call of an export of the component.
pub(crate) fn begin(store: &mut impl AsContextMut<Data = State>, item: &Item, arguments: &[Val]) {
    let store = store.as_context_mut();
    let mut tape = store.data().tape();
    if tape.is_on() {
        let texts = arguments.iter().map(|argument| tape.text(argument, &mut unnamed)).collect();
        tape.begin(Boundary::Export, &item.name(), texts);
    }
}

/// Records the return of a call of an export.
pub(crate) fn end(store: &mut impl AsContextMut<Data = State>, result: Option<&Val>) {
    let store = store.as_context_mut();
    let mut tape = store.data().tape();
    if tape.is_on() {
        let text = result.map(|result| tape.text(result, &mut unnamed));
        tape.end(End::Returned(text));
    }
}

/// Returns a placeholder for a handle of the component's own resources, which have no names.
fn unnamed(handle: ResourceAny) -> String {
    if handle.owned() { "<own>".into() } else { "<borrow>".into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_a_trace_are_bounded() {
        let quarter = || "x".repeat(MOST_BYTES / 4);
        let mut tape = Tape::new(Detail::Full, &Descriptions::default());
        for _ in 0..6 {
            tape.begin(Boundary::Import, "f", vec![quarter()]);
            tape.end(End::Returned(Some("1".into())));
        }
        let trace = tape.finish();
        assert_eq!((trace.events.len(), trace.dropped), (3, 3));

        let mut tape = Tape::new(Detail::Full, &Descriptions::default());
        for _ in 0..6 {
            tape.begin(Boundary::Import, "f", Vec::new());
            tape.end(End::Returned(Some(quarter())));
        }
        let trace = tape.finish();
        let long = |event: &&Event| matches!(&event.end, End::Returned(Some(text)) if text.len() > 1000);
        assert_eq!((trace.events.iter().filter(long).count(), trace.events.len(), trace.dropped), (3, 6, 3));
    }
}
