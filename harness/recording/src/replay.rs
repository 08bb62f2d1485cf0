//! Replay of a recording, from its trace or on a host.

use std::fmt;
use std::time::Duration;

use polyfill_builder::case::CaseLimits;
use polyfill_encoder::{Adapter, Errors, Input, Source, encode};
use polyfill_runner::{
    Boundary, Detail, Divergence, Engine, EngineError, Event, Failed, Frame, Host, Limits, Mode, Observation, Outcome,
    Replay, Sinks, Trace, run_program,
};
use thiserror::Error;

use crate::format::Recording;
use crate::verdict::{self, Sight};

/// Options of a replay.
#[derive(Clone, Copy, Default)]
pub struct ReplayOptions<'a> {
    /// Replacement adapter, with the import module that it implements.
    pub adapter: Option<(&'a str, &'a [u8])>,
    /// Host to run on, instead of the trace. The host provides the inputs of the case; files are in a private
    /// directory.
    pub host: Option<&'a dyn Host>,
    /// Accept a different order of calls. Always on with a replacement adapter.
    pub tolerant: bool,
    /// Upper bound of the processor time, in addition to the limits.
    pub most: Option<Duration>,
    /// Limits that override those of the case. The ceiling ([`Limits::ceiling`]) applies only to the limits of the
    /// case, which may come from an untrusted source.
    pub limits: CaseLimits,
}

/// Error in replaying a recording.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// The engine rejects the component.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The case is invalid.
    #[error("invalid case in the recording: {0}")]
    Case(String),
    /// The recording does not contain the guest's core module, which a replacement adapter requires.
    #[error("cannot replace the adapter: the recording does not contain the guest's core module")]
    NoMain,
    /// Encoding the guest with the replacement adapter failed.
    #[error("cannot encode the guest with the replacement adapter: {0}")]
    Encode(#[from] Errors),
}

/// Comparison of a recorded run and its replay.
#[derive(Clone, Debug)]
pub struct Outcomes {
    /// Outcome of the recorded run.
    pub recorded: Outcome,
    /// Observation of the replay.
    pub observation: Observation,
    /// First call that differs.
    pub divergence: Option<Divergence>,
    /// Failures of the recorded trial that a replay can reproduce.
    pub failed_then: Vec<Failed>,
    /// Failures of the replay.
    pub failed_now: Vec<Failed>,
    /// True if outcome, results, all calls across the component boundary, and failures are identical.
    pub same: bool,
    /// True if the output of the recorded run can be read from its calls, but not that of the replay.
    pub(crate) is_lost: bool,
    /// Properties that the replay can observe.
    pub(crate) sight: Sight,
}

/// Returns the limits of a replay, and a line for each limit that the ceiling lowered. Limits of the case are lowered
/// to the ceiling ([`Limits::ceiling`]); limits in `given` override both.
pub fn limits(recording: &Recording, given: &CaseLimits) -> (Limits, Vec<String>) {
    let asked = Limits::default().of(&recording.about.case.limits).of(given);
    asked.below(&Limits::ceiling().of(given))
}

/// Replays the recording.
///
/// # Errors
///
/// [`ReplayError`] if the engine rejects the component, the case is invalid, or the guest cannot be encoded with the
/// replacement adapter.
pub fn replay(recording: &Recording, engine: &Engine, with: ReplayOptions<'_>) -> Result<Outcomes, ReplayError> {
    let component = match with.adapter {
        None => recording.component.clone(),
        Some((implements, wasm)) => other(recording, implements, wasm)?,
    };
    let program = &engine.program(&component)?;
    let inputs = &recording.inputs().map_err(ReplayError::Case)?;
    let (mut limits, _) = limits(recording, &with.limits);
    limits.timeout = with.most.map_or(limits.timeout, |most| most.min(limits.timeout));
    let limits = &limits;
    let (observation, divergence, sight) = match with.host {
        Some(host) => {
            let observation = run_program(engine, program, host, inputs, limits, Detail::Full, Sinks::default());
            let divergence = observation.trace.as_ref().and_then(|trace| first(&recording.trace, trace));
            let sight = Sight::on_host(&observation);
            (observation, divergence, Some(sight))
        }
        None => {
            let mode = if with.tolerant || with.adapter.is_some() { Mode::Tolerant } else { Mode::Strict };
            let trace = &recording.trace;
            let sanitize = recording.about.sanitize.as_ref();
            let run = Replay { engine, program, trace, inputs, limits, mode, sanitize };
            let mut replayed = polyfill_runner::replay(&run);
            let sight = Sight::of_replay(recording, &mut replayed.observation);
            (replayed.observation, replayed.divergence, sight)
        }
    };
    let recorded = recording.about.outcome.clone();
    // Output that can no longer be read from the calls counts as different.
    let is_lost = sight.is_none();
    let sight = sight.unwrap_or_default();
    let mut failed_then = verdict::recorded(&recording.about).unwrap_or_default();
    failed_then.retain(|failed| sight.sees(failed));
    let mut failed_now = sight.failed(recording, &observation);
    if verdict::recorded(&recording.about).is_none() {
        failed_now.clear();
    }
    let same = divergence.is_none()
        && !is_lost
        && verdict::is_same(&failed_then, &failed_now)
        && is_same_outcome(&recorded, &observation.outcome)
        && recording
            .about
            .returned
            .iter()
            .map(|returned| (&returned.invoke, &returned.value))
            .eq(observation.returned.iter().map(|returned| (&returned.invoke, &returned.value)));
    Ok(Outcomes { recorded, observation, divergence, failed_then, failed_now, same, is_lost, sight })
}

/// Encodes the guest with the replacement adapter.
fn other(recording: &Recording, implements: &str, wasm: &[u8]) -> Result<Vec<u8>, ReplayError> {
    let main = recording.main.as_deref().ok_or(ReplayError::NoMain)?;
    let input = Input {
        main: Source { name: recording.about.guest.clone(), wasm: main, wit: None },
        adapters: vec![Adapter::new(implements, wasm)],
    };
    Ok(encode(&input, &polyfill_encoder::Options::default())?.component)
}

/// Returns true if both outcomes have the same kind, code, message and call depth. Frame names and inlined functions
/// are ignored: they depend on debug information, which a shrunk guest may lack.
pub(crate) fn is_same_outcome(a: &Outcome, b: &Outcome) -> bool {
    match (a, b) {
        (Outcome::Trap(a), Outcome::Trap(b)) | (Outcome::HostError(a), Outcome::HostError(b)) => {
            a.message == b.message && depth(&a.frames) == depth(&b.frames)
        }
        (Outcome::Timeout { .. }, Outcome::Timeout { .. }) => true,
        _ => a == b,
    }
}

/// Returns the functions as compiled, without inlined frames.
fn depth(frames: &[Frame]) -> usize {
    frames.iter().filter(|frame| !frame.inlined).count()
}

/// Compares two runs on hosts and returns the first difference.
fn first(recorded: &Trace, actual: &Trace) -> Option<Divergence> {
    let mut calls = 0;
    let (mut a, mut b) = (recorded.imports(), actual.imports());
    let is_same = |a: &Event, b: &Event| (&a.function, &a.arguments, &a.end) == (&b.function, &b.arguments, &b.end);
    let text = |event: Option<&Event>| {
        let one = |event: &Event| Trace { events: vec![Event { within: None, ..event.clone() }], dropped: 0 };
        event.and_then(|event| polyfill_runner::lines(&one(event)).pop())
    };
    loop {
        match (a.next(), b.next()) {
            (None, None) => return None,
            (Some(a), Some(b)) if is_same(a, b) => calls += 1,
            (a, b) => return Some(Divergence { calls, recorded: text(a), actual: text(b) }),
        }
    }
}

impl fmt::Display for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trace = self.observation.trace.as_ref();
        let calls =
            trace.map_or(0, |trace| trace.events.iter().filter(|event| event.boundary == Boundary::Import).count());
        // Indent messages of several lines, so that they cannot be confused with the lines below.
        let line = |outcome: &Outcome| outcome.to_string().replace('\n', "\n    ");
        writeln!(f, "recorded: {}", line(&self.recorded))?;
        writeln!(f, "replayed: {}, after {calls} calls of the host", line(&self.observation.outcome))?;
        if let Some(divergence) = &self.divergence {
            writeln!(f, "{divergence}")?;
        }
        if !verdict::is_same(&self.failed_then, &self.failed_now) {
            writeln!(f, "the failures of the trial differ")?;
            for (when, failed) in [("recorded:", &self.failed_then), ("replayed:", &self.failed_now)] {
                writeln!(f, "  {when}{}", if failed.is_empty() { " nothing" } else { "" })?;
                for line in
                    failed.iter().flat_map(|failed| failed.to_string().lines().map(String::from).collect::<Vec<_>>())
                {
                    writeln!(f, "    {line}")?;
                }
            }
        }
        let same = if self.same { "identical" } else { "different" };
        writeln!(f, "{same}")
    }
}
