//! What is being recorded in a run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wasmtime::AsContextMut;
use wasmtime::component::{ResourceAny, Val};

use super::script::{Says, Script};
use super::{Boundary, Detail, End, Event, Trace, preview1, shortened};
use crate::core_boundary::Value;
use crate::host::State;
use crate::names::Item;
use crate::values::{full_text, trace_text};

/// Calls that are kept; of what comes after, only the number is.
const MOST_EVENTS: usize = 1_000_000;
/// The same where nobody wants to play them back.
const MOST_SHOWN: usize = 100_000;
/// Bytes of names, arguments and results that are kept: a guest can pass all of its memory in each call.
const MOST_BYTES: usize = 256 << 20;

/// A trace in the making, and the handles in it.
#[derive(Default)]
pub(crate) struct Tape {
    detail: Detail,
    trace: Trace,
    /// Bytes of texts in it.
    bytes: usize,
    /// Calls that have not ended, innermost last; none for those that are not kept.
    open: Vec<Option<usize>>,
    /// The number of the innermost of them, from 1; 0 if there is none.
    innermost: Arc<AtomicUsize>,
    handles: BTreeMap<u32, Handle>,
    /// Handles so far.
    count: u32,
    /// The same of each resource.
    counts: BTreeMap<String, u32>,
    script: Option<Box<dyn Script>>,
}

/// A resource of the host that the guest has a handle of.
#[derive(Clone)]
pub(crate) struct Handle {
    /// The relay's; none if a script has made it up.
    pub(crate) real: Option<ResourceAny>,
    /// `output-stream#2`.
    pub(crate) name: String,
}

impl Tape {
    pub(crate) fn new(detail: Detail) -> Self {
        Self { detail, ..Self::default() }
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

    /// Takes room for a text, if there is any left.
    fn has_room(&mut self, bytes: usize) -> bool {
        let all = self.bytes.saturating_add(bytes);
        let fits = all <= MOST_BYTES;
        self.bytes = if fits { all } else { self.bytes };
        fits
    }

    /// The innermost call is over.
    pub(crate) fn end(&mut self, mut end: End) {
        if let End::Returned(Some(text)) | End::Failed(text) = &mut end
            && !self.has_room(text.len())
        {
            // Such a trace is for people alone.
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

    /// The number of the call that is being made, from 1, as it changes; 0 where there is none.
    pub(crate) fn innermost(&self) -> Arc<AtomicUsize> {
        self.innermost.clone()
    }

    pub(crate) fn is_on(&self) -> bool {
        self.detail != Detail::Off
    }

    /// Whether anybody wants to know what calls are like.
    pub(crate) fn is_asked(&self) -> bool {
        self.is_on() || self.script.is_some()
    }

    /// Main calls an adapter, or an adapter main.
    pub(crate) fn begin_core(&mut self, module: &str, function: &str, values: &[Value], memory: &[u8]) {
        if self.is_on() {
            let arguments = preview1::arguments(module, function, values, memory);
            let arguments = arguments.unwrap_or_else(|| values.iter().map(Value::text).collect());
            self.begin(Boundary::Core, &format!("{module}.{function}"), arguments);
        }
    }

    /// That call has returned.
    pub(crate) fn end_core(
        &mut self,
        module: &str,
        function: &str,
        arguments: &[Value],
        results: &[Value],
        memory: &[u8],
    ) {
        if self.is_on() {
            let result = preview1::result(module, function, arguments, results, memory);
            let plain =
                || (!results.is_empty()).then(|| results.iter().map(Value::text).collect::<Vec<_>>().join(", "));
            self.end(End::Returned(result.unwrap_or_else(plain)));
        }
    }

    /// A value as the tape has it.
    pub(crate) fn text(&self, value: &Val, handle: &mut dyn FnMut(ResourceAny) -> String) -> String {
        match self.detail {
            Detail::Full => full_text(value, handle),
            Detail::Short | Detail::Off => trace_text(value, handle),
        }
    }

    /// A number and a name for a handle that the host gives.
    pub(crate) fn give(&mut self, resource: &str, real: ResourceAny) -> (u32, String) {
        let count = self.counts.entry(resource.to_string()).or_default();
        *count += 1;
        let name = format!("{resource}#{count}");
        self.count += 1;
        self.handles.insert(self.count, Handle { real: Some(real), name: name.clone() });
        (self.count, name)
    }

    /// A number for a handle of that name, with nothing behind it.
    pub(crate) fn make(&mut self, name: &str) -> u32 {
        self.count += 1;
        self.handles.insert(self.count, Handle { real: None, name: name.to_string() });
        self.count
    }

    /// What a script says to a call; nothing where there is none.
    pub(crate) fn answer(&mut self, function: &str, arguments: &[String]) -> Says {
        self.script.as_mut().map_or(Says::Nothing, |script| script.answer(function, arguments))
    }

    /// From now on, calls go to the script first.
    pub(crate) fn follow(&mut self, script: Box<dyn Script>) {
        self.script = Some(script);
    }

    pub(crate) fn handle(&self, number: u32) -> Option<&Handle> {
        self.handles.get(&number)
    }

    /// The guest has it no more.
    pub(crate) fn take(&mut self, number: u32) -> Option<Handle> {
        self.handles.remove(&number)
    }

    /// The names of the handles that the guest still has.
    pub(crate) fn held(&self) -> Vec<String> {
        self.handles.values().map(|handle| handle.name.clone()).collect()
    }

    pub(crate) fn finish(&mut self) -> Trace {
        std::mem::take(&mut self.trace)
    }
}

/// An export of the component is called.
pub(crate) fn begin(store: &mut impl AsContextMut<Data = State>, item: &Item, arguments: &[Val]) {
    let store = store.as_context_mut();
    let mut tape = store.data().tape();
    if tape.is_on() {
        let texts = arguments.iter().map(|argument| tape.text(argument, &mut unnamed)).collect();
        tape.begin(Boundary::Export, &item.name(), texts);
    }
}

/// It has returned.
pub(crate) fn end(store: &mut impl AsContextMut<Data = State>, result: Option<&Val>) {
    let store = store.as_context_mut();
    let mut tape = store.data().tape();
    if tape.is_on() {
        let text = result.map(|result| tape.text(result, &mut unnamed));
        tape.end(End::Returned(text));
    }
}

/// Handles of the component's own resources have no names here.
fn unnamed(handle: ResourceAny) -> String {
    if handle.owned() { "<own>".into() } else { "<borrow>".into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_a_trace_are_bounded() {
        let quarter = || "x".repeat(MOST_BYTES / 4);
        let mut tape = Tape::new(Detail::Full);
        for _ in 0..6 {
            tape.begin(Boundary::Import, "f", vec![quarter()]);
            tape.end(End::Returned(Some("1".into())));
        }
        let trace = tape.finish();
        assert_eq!((trace.events.len(), trace.dropped), (3, 3));

        let mut tape = Tape::new(Detail::Full);
        for _ in 0..6 {
            tape.begin(Boundary::Import, "f", Vec::new());
            tape.end(End::Returned(Some(quarter())));
        }
        let trace = tape.finish();
        let long = |event: &&Event| matches!(&event.end, End::Returned(Some(text)) if text.len() > 1000);
        assert_eq!((trace.events.iter().filter(long).count(), trace.events.len(), trace.dropped), (3, 6, 3));
    }
}
