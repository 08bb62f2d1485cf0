//! Replays a recorded run without a host: the component's calls are answered from the trace.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use polyfill_builder::index::Sanitize;
use polyfill_encoder::versions;
use serde::{Deserialize, Serialize};
use wasmtime::component::{InstancePre, Linker};

use super::passed::Passed;
use super::script::{Response, Script};
use super::{Boundary, Detail, End, Event, Trace, stand_ins, text};
use crate::call::Caller;
use crate::engine::Engine;
use crate::host::State;
use crate::inputs::{Inputs, Sinks};
use crate::limits::Limits;
use crate::observation::{Observation, Outcome};
use crate::program::Program;
use crate::{backtrace, core_boundary, drive, names, observe};

/// Component with its recorded run.
#[derive(Clone, Copy)]
pub struct Replay<'a> {
    /// Engine that compiled the component.
    pub engine: &'a Engine,
    /// Component.
    pub program: &'a Program,
    /// Trace of the recorded run, in full ([`Detail::Full`]).
    pub trace: &'a Trace,
    /// Inputs of the recorded run, of which only the calls of exports are used. All else comes from the trace.
    pub inputs: &'a Inputs,
    /// Resource limits.
    pub limits: &'a Limits,
    /// Comparison mode.
    pub mode: Mode,
    /// Parameters of the checks of core calls, if the component reports those.
    pub sanitize: Option<&'a Sanitize>,
}

/// Comparison of calls with the recorded ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Exact: the run ends at the first call that differs from the recorded one.
    #[default]
    Strict,
    /// Answers a call with the next recorded call of the function in any version, preferring equal arguments. For
    /// components other than the recorded one.
    Tolerant,
}

/// Result of a replay.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// Observation. Standard output and error are empty, because no host collects them.
    pub observation: Observation,
    /// First call that differs from the recorded one.
    pub divergence: Option<Divergence>,
}

/// First call across the component boundary that differs from the recorded one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Divergence {
    /// Number of equal calls before it.
    pub calls: usize,
    /// Recorded call. `None` after the last recorded call.
    pub recorded: Option<String>,
    /// Actual call. `None` if the run made no further call.
    pub actual: Option<String>,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or = |text: &Option<String>, other: &str| text.clone().unwrap_or_else(|| other.into());
        writeln!(f, "first difference after {} calls:", self.calls)?;
        writeln!(f, "  recorded: {}", or(&self.recorded, "no more calls"))?;
        write!(f, "  actual:   {}", or(&self.actual, "no more calls"))
    }
}

/// Replays a run. Accesses nothing outside of the process except the engine's cache.
pub fn replay(run: &Replay<'_>) -> Replayed {
    let replaying_host = Arc::new(Mutex::new(ReplayingHost::new(run.trace, run.mode)));
    let observation = play(run, replaying_host.clone()).unwrap_or_else(|why| Observation::of(Outcome::NotRun(why)));
    let mut replaying_host = replaying_host.lock().unwrap_or_else(PoisonError::into_inner);
    let divergence = replaying_host.finish();
    Replayed { observation, divergence }
}

fn play(run: &Replay<'_>, replaying_host: Arc<Mutex<ReplayingHost>>) -> Result<Observation, String> {
    let message = |error: wasmtime::Error| backtrace::message(&error);
    let limits = &run.limits.within(Duration::MAX, true);
    let state = State::new(run.inputs, Sinks::default(), limits, run.sanitize, None, Detail::Full).map_err(message)?;
    state.tape().follow(Box::new(replaying_host));
    let _room = run.engine.room();
    // Linking does not count toward the guest's time.
    let linked = link(run).map_err(message)?;
    let mut store = match observe::ready(run.engine, limits, state, None) {
        Ok(store) => store,
        Err(outcome) => return Ok(Observation::of(outcome)),
    };
    // Each report passes all of main's memory.
    store.set_hostcall_fuel(limits.memory.saturating_mul(2));
    let mut returned = Vec::new();
    let outcome = match linked.instantiate(&mut store) {
        Ok(instance) => {
            let caller = Caller::new(run.program, instance, false);
            drive::drive_at_once(observe::make_calls(caller, run.inputs, limits, &mut store, &mut returned))
        }
        Err(error) => store.data().pages.not_started(&error, limits),
    };
    let trace = store.data().tape().finish();
    Ok(Observation { returned, trace: Some(trace), ..observe::observation(&mut store, outcome, None, limits) })
}

fn link(run: &Replay<'_>) -> wasmtime::Result<InstancePre<State>> {
    let component = run.program.component();
    let mut linker = Linker::new(run.engine.wasmtime());
    core_boundary::add_to_linker(&mut linker)?;
    let resources = stand_ins::define(&mut linker, component, false)?;
    for item in names::imports(component) {
        if item.instance.as_deref() != Some(core_boundary::INTERFACE) {
            let passed = Passed { name: item.name().into(), real: None, resources: resources.clone() };
            passed.define(&mut linker, item.instance.as_deref(), &item.function, false)?;
        }
    }
    linker.instantiate_pre(component)
}

/// Answers calls from a trace.
struct ReplayingHost {
    /// Recorded calls of the host.
    events: Vec<Event>,
    /// True for the calls that were replayed.
    over: Vec<bool>,
    /// Index of the first call that was not replayed.
    next: usize,
    mode: Mode,
    divergence: Option<Divergence>,
    /// Number of answered calls.
    calls: usize,
}

impl Script for Arc<Mutex<ReplayingHost>> {
    fn answer(&mut self, function: &str, arguments: &[String]) -> Response {
        Response::Ends(self.lock().unwrap_or_else(PoisonError::into_inner).answer(function, arguments))
    }
}

impl ReplayingHost {
    fn new(trace: &Trace, mode: Mode) -> Self {
        let events: Vec<Event> = trace.imports().cloned().collect();
        Self { over: vec![false; events.len()], events, next: 0, mode, divergence: None, calls: 0 }
    }

    fn answer(&mut self, function: &str, arguments: &[String]) -> End {
        let same = |event: &Event| event.function == function && event.arguments == arguments;
        let recorded = self.events.get(self.next);
        if recorded.is_none_or(|event| !same(event)) && self.divergence.is_none() {
            let actual = Event {
                boundary: Boundary::Import,
                within: None,
                function: function.into(),
                arguments: arguments.to_vec(),
                end: End::Returned(None),
            };
            let recorded = recorded.map(text::call);
            self.divergence = Some(Divergence { calls: self.calls, recorded, actual: Some(text::call(&actual)) });
        }
        let found = match self.mode {
            Mode::Strict => recorded.filter(|event| same(event)).map(|_| self.next),
            Mode::Tolerant => self.like(function, arguments),
        };
        let Some(index) = found else {
            return End::Failed("the recording does not contain this call at this point".into());
        };
        self.over[index] = true;
        while self.over.get(self.next) == Some(&true) {
            self.next += 1;
        }
        self.calls += 1;
        self.events[index].end.clone()
    }

    /// Returns the index of the next call of the function, preferring equal arguments.
    fn like(&self, function: &str, arguments: &[String]) -> Option<usize> {
        let rest = || (self.next..self.events.len()).filter(|index| !self.over[*index]);
        let is_of = |index: &usize| without_version(&self.events[*index].function) == without_version(function);
        let exact = rest().filter(is_of).find(|index| self.events[*index].arguments == arguments);
        exact.or_else(|| rest().find(is_of))
    }

    /// Ends the replay. A recorded call that was not replayed is a divergence.
    fn finish(&mut self) -> Option<Divergence> {
        let rest = self.events.get(self.next).filter(|_| self.divergence.is_none());
        if let Some(event) = rest {
            self.divergence = Some(Divergence { calls: self.calls, recorded: Some(text::call(event)), actual: None });
        }
        self.divergence.take()
    }
}

/// Removes the version from `wasi:io/streams@0.2.6.[method]..`.
fn without_version(function: &str) -> (&str, &str) {
    versions::split_item(function).map_or((function, ""), |(interface, _, rest)| (interface, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(function: &str, argument: &str, end: End) -> Event {
        let arguments = vec![argument.to_string()];
        Event { boundary: Boundary::Import, within: None, function: function.into(), arguments, end }
    }

    fn returned(text: &str) -> End {
        End::Returned(Some(text.into()))
    }

    fn trace() -> Trace {
        let events = vec![
            event("a:b/c@0.2.6.f", "1", returned("x")),
            event("g", "1", returned("y")),
            event("g", "2", End::Exit(1)),
        ];
        Trace { events, dropped: 0 }
    }

    #[test]
    fn strict_mode_requires_the_recorded_calls() {
        let mut replaying_host = ReplayingHost::new(&trace(), Mode::Strict);
        assert_eq!(replaying_host.answer("a:b/c@0.2.6.f", &["1".into()]), returned("x"));
        assert!(matches!(replaying_host.answer("g", &["2".into()]), End::Failed(_)));
        let divergence = replaying_host.finish().unwrap();
        assert_eq!((divergence.calls, divergence.recorded.as_deref()), (1, Some("g(1)")));
        assert_eq!(divergence.actual.as_deref(), Some("g(2)"));
    }

    #[test]
    fn missing_calls_are_a_divergence() {
        let mut replaying_host = ReplayingHost::new(&trace(), Mode::Strict);
        replaying_host.answer("a:b/c@0.2.6.f", &["1".into()]);
        let divergence = replaying_host.finish().unwrap();
        assert_eq!((divergence.recorded.as_deref(), divergence.actual), (Some("g(1)"), None));
    }

    #[test]
    fn tolerant_mode_ignores_order_and_version() {
        let mut replaying_host = ReplayingHost::new(&trace(), Mode::Tolerant);
        assert_eq!(replaying_host.answer("g", &["2".into()]), End::Exit(1));
        assert_eq!(replaying_host.answer("a:b/c@0.2.12.f", &["9".into()]), returned("x"));
        assert_eq!(replaying_host.answer("g", &["2".into()]), returned("y"));
        assert!(matches!(replaying_host.answer("g", &["2".into()]), End::Failed(_)));
        assert!(replaying_host.finish().is_some_and(|divergence| divergence.calls == 0));
    }
}
