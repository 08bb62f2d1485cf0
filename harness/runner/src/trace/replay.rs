//! Plays a recorded run again: the calls that the component makes are answered from the trace, and there is no host.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use polyfill_build::index::Sanitize;
use polyfill_encoder::versions;
use serde::{Deserialize, Serialize};
use wasmtime::component::{InstancePre, Linker};

use super::passed::Passed;
use super::script::{Says, Script};
use super::{Boundary, Detail, End, Event, Trace, stand_ins, text};
use crate::call::Caller;
use crate::engine::Engine;
use crate::host::State;
use crate::inputs::{Inputs, Sinks};
use crate::limits::Limits;
use crate::observation::{Observation, Outcome};
use crate::program::Program;
use crate::{backtrace, core_boundary, drive, names, observe};

/// A component, and what it is to find.
#[derive(Clone, Copy)]
pub struct Replay<'a> {
    /// The engine that has compiled the component.
    pub engine: &'a Engine,
    /// The component.
    pub program: &'a Program,
    /// The recorded run, in full ([`Detail::Full`]).
    pub trace: &'a Trace,
    /// The calls of the recorded run; what its guest found beside that comes from the trace.
    pub inputs: &'a Inputs,
    /// How much it may use.
    pub limits: &'a Limits,
    /// How much may be different.
    pub mode: Mode,
    /// What checks of calls have to know, if the component reports them.
    pub sanitize: Option<&'a Sanitize>,
}

/// How much may be different.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Nothing: the run ends at the first call that is not the recorded one.
    #[default]
    Strict,
    /// A call is answered as the next recorded one of that function, whatever its version; with the same arguments, if
    /// there is such a one. For components that are not the recorded one.
    Tolerant,
}

/// What a replay came to.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// What was seen. Standard output and error are empty: there is no host to take them.
    pub observation: Observation,
    /// The first call that is not the recorded one.
    pub divergence: Option<Divergence>,
}

/// The first call across the component boundary that is not the recorded one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Divergence {
    /// Calls before it that are the same.
    pub calls: usize,
    /// What was recorded; none if there were no more calls.
    pub recorded: Option<String>,
    /// What came; none if nothing did.
    pub seen: Option<String>,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or = |text: &Option<String>, other: &str| text.clone().unwrap_or_else(|| other.into());
        writeln!(f, "the first difference comes after {} calls:", self.calls)?;
        writeln!(f, "  recorded: {}", or(&self.recorded, "no more calls"))?;
        write!(f, "  seen:     {}", or(&self.seen, "no more calls"))
    }
}

/// Runs the component on what was recorded. Nothing of the machine is read or written but the engine's cache.
pub fn replay(run: &Replay<'_>) -> Replayed {
    let player = Arc::new(Mutex::new(Player::new(run.trace, run.mode)));
    let observation = play(run, player.clone()).unwrap_or_else(|why| Observation::of(Outcome::NotRun(why)));
    let mut player = player.lock().unwrap_or_else(PoisonError::into_inner);
    let divergence = player.finish();
    Replayed { observation, divergence }
}

fn play(run: &Replay<'_>, player: Arc<Mutex<Player>>) -> Result<Observation, String> {
    let message = |error: wasmtime::Error| backtrace::message(&error);
    let limits = &run.limits.within(Duration::MAX, true);
    let state = State::new(run.inputs, Sinks::default(), limits, run.sanitize, None, Detail::Full).map_err(message)?;
    state.tape().follow(Box::new(player));
    let _room = run.engine.room();
    // The guest's time does not begin before it does.
    let linked = link(run).map_err(message)?;
    let mut store = match observe::ready(run.engine, limits, state, None) {
        Ok(store) => store,
        Err(outcome) => return Ok(Observation::of(outcome)),
    };
    // Each report shows all of main's memory.
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

/// Answers from a trace.
struct Player {
    /// The host's part of it.
    events: Vec<Event>,
    /// Those that are over.
    over: Vec<bool>,
    /// The first one that is not.
    next: usize,
    mode: Mode,
    divergence: Option<Divergence>,
    /// Answers so far.
    calls: usize,
}

impl Script for Arc<Mutex<Player>> {
    fn answer(&mut self, function: &str, arguments: &[String]) -> Says {
        Says::Ends(self.lock().unwrap_or_else(PoisonError::into_inner).answer(function, arguments))
    }
}

impl Player {
    fn new(trace: &Trace, mode: Mode) -> Self {
        let events: Vec<Event> = trace.imports().cloned().collect();
        Self { over: vec![false; events.len()], events, next: 0, mode, divergence: None, calls: 0 }
    }

    fn answer(&mut self, function: &str, arguments: &[String]) -> End {
        let same = |event: &Event| event.function == function && event.arguments == arguments;
        let recorded = self.events.get(self.next);
        if recorded.is_none_or(|event| !same(event)) && self.divergence.is_none() {
            let seen = Event {
                boundary: Boundary::Import,
                within: None,
                function: function.into(),
                arguments: arguments.to_vec(),
                end: End::Returned(None),
            };
            let recorded = recorded.map(text::call);
            self.divergence = Some(Divergence { calls: self.calls, recorded, seen: Some(text::call(&seen)) });
        }
        let found = match self.mode {
            Mode::Strict => recorded.filter(|event| same(event)).map(|_| self.next),
            Mode::Tolerant => self.like(function, arguments),
        };
        let Some(index) = found else {
            return End::Failed("the recording has no such call here".into());
        };
        self.over[index] = true;
        while self.over.get(self.next) == Some(&true) {
            self.next += 1;
        }
        self.calls += 1;
        self.events[index].end.clone()
    }

    /// The next call of that function; with the same arguments, if there is one.
    fn like(&self, function: &str, arguments: &[String]) -> Option<usize> {
        let rest = || (self.next..self.events.len()).filter(|index| !self.over[*index]);
        let is_of = |index: &usize| without_version(&self.events[*index].function) == without_version(function);
        let exact = rest().filter(is_of).find(|index| self.events[*index].arguments == arguments);
        exact.or_else(|| rest().find(is_of))
    }

    /// The run is over: all that was recorded has to have come.
    fn finish(&mut self) -> Option<Divergence> {
        let rest = self.events.get(self.next).filter(|_| self.divergence.is_none());
        if let Some(event) = rest {
            self.divergence = Some(Divergence { calls: self.calls, recorded: Some(text::call(event)), seen: None });
        }
        self.divergence.take()
    }
}

/// `wasi:io/streams@0.2.6.[method]..` without the version.
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
    fn strictly_the_calls_are_the_recorded_ones() {
        let mut player = Player::new(&trace(), Mode::Strict);
        assert_eq!(player.answer("a:b/c@0.2.6.f", &["1".into()]), returned("x"));
        assert!(matches!(player.answer("g", &["2".into()]), End::Failed(_)));
        let divergence = player.finish().unwrap();
        assert_eq!((divergence.calls, divergence.recorded.as_deref()), (1, Some("g(1)")));
        assert_eq!(divergence.seen.as_deref(), Some("g(2)"));
    }

    #[test]
    fn calls_that_do_not_come_are_told() {
        let mut player = Player::new(&trace(), Mode::Strict);
        player.answer("a:b/c@0.2.6.f", &["1".into()]);
        let divergence = player.finish().unwrap();
        assert_eq!((divergence.recorded.as_deref(), divergence.seen), (Some("g(1)"), None));
    }

    #[test]
    fn tolerantly_order_and_version_do_not_matter() {
        let mut player = Player::new(&trace(), Mode::Tolerant);
        assert_eq!(player.answer("g", &["2".into()]), End::Exit(1));
        assert_eq!(player.answer("a:b/c@0.2.12.f", &["9".into()]), returned("x"));
        assert_eq!(player.answer("g", &["2".into()]), returned("y"));
        assert!(matches!(player.answer("g", &["2".into()]), End::Failed(_)));
        assert!(player.finish().is_some_and(|divergence| divergence.calls == 0));
    }
}
