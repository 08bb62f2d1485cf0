//! A bundle, played again: from its trace, or on a host.

use std::fmt;
use std::time::Duration;

use polyfill_build::case::CaseLimits;
use polyfill_encoder::{Adapter, Errors, Input, Source, encode};
use polyfill_runner::{
    Boundary, Detail, Divergence, Engine, EngineError, Event, Failed, Frame, Host, Limits, Mode, Observation, Outcome,
    Replay, Sinks, Trace, run_program,
};
use thiserror::Error;

use crate::format::Bundle;
use crate::verdict::{self, Sight};

/// What is different from the recorded run.
#[derive(Clone, Copy, Default)]
pub struct With<'a> {
    /// An adapter in place of the recorded ones, with the import module that it implements.
    pub adapter: Option<(&'a str, &'a [u8])>,
    /// A host in place of the trace. It gets what the case has: files, too, in a folder of their own.
    pub host: Option<&'a dyn Host>,
    /// Calls may come in another order: always so with another adapter.
    pub tolerant: bool,
    /// Less processor time than the limits give.
    pub most: Option<Duration>,
    /// Limits in place of those of the case, which are a stranger's and have a ceiling ([`Limits::ceiling`]); these have none.
    pub limits: CaseLimits,
}

/// Why a bundle cannot be played.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// The engine refuses the component.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The case makes no sense.
    #[error("the case of the bundle: {0}")]
    Case(String),
    /// Main is not in the bundle, so that it cannot go with another adapter.
    #[error("the bundle does not hold the guest's core module: it cannot be put together with another adapter")]
    NoMain,
    /// Main does not go with the other adapter.
    #[error("the guest cannot be put together with the other adapter: {0}")]
    Encode(#[from] Errors),
}

/// Two runs, and where they part.
#[derive(Clone, Debug)]
pub struct Outcomes {
    /// What was recorded.
    pub recorded: Outcome,
    /// What was seen now.
    pub observation: Observation,
    /// The first call that is another one.
    pub divergence: Option<Divergence>,
    /// What made the trial fail, as far as this run can show it.
    pub failed_then: Vec<Failed>,
    /// What the case finds wrong with this run.
    pub failed_now: Vec<Failed>,
    /// Whether nothing is different: outcome, results, all calls across the component boundary, and what made the trial fail.
    pub same: bool,
    /// The output of the recorded run can be read from its calls, but that of this one cannot.
    pub(crate) is_lost: bool,
    /// What could be seen.
    pub(crate) sight: Sight,
}

/// The limits that a bundle is played with: those of its case below a ceiling ([`Limits::ceiling`]), unless others are given.
/// And what the ceiling has lowered, a line each.
pub fn limits(bundle: &Bundle, given: &CaseLimits) -> (Limits, Vec<String>) {
    let asked = Limits::default().of(&bundle.about.case.limits).of(given);
    asked.below(&Limits::ceiling().of(given))
}

/// Plays the bundle.
pub fn replay(bundle: &Bundle, engine: &Engine, with: With<'_>) -> Result<Outcomes, ReplayError> {
    let component = match with.adapter {
        None => bundle.component.clone(),
        Some((implements, wasm)) => other(bundle, implements, wasm)?,
    };
    let program = &engine.program(&component)?;
    let inputs = &bundle.inputs().map_err(ReplayError::Case)?;
    let (mut limits, _) = limits(bundle, &with.limits);
    limits.timeout = with.most.map_or(limits.timeout, |most| most.min(limits.timeout));
    let limits = &limits;
    let (observation, divergence, sight) = match with.host {
        Some(host) => {
            let observation = run_program(engine, program, host, inputs, limits, Detail::Full, Sinks::default());
            let divergence = observation.trace.as_ref().and_then(|trace| first(&bundle.trace, trace));
            let sight = Sight::on_host(&observation);
            (observation, divergence, Some(sight))
        }
        None => {
            let mode = if with.tolerant || with.adapter.is_some() { Mode::Tolerant } else { Mode::Strict };
            let trace = &bundle.trace;
            let sanitize = bundle.about.sanitize.as_ref();
            let run = Replay { engine, program, trace, inputs, limits, mode, sanitize };
            let mut replayed = polyfill_runner::replay(&run);
            let sight = Sight::of_replay(bundle, &mut replayed.observation);
            (replayed.observation, replayed.divergence, sight)
        }
    };
    let recorded = bundle.about.outcome.clone();
    // Output that cannot be read any more is not the recorded one.
    let is_lost = sight.is_none();
    let sight = sight.unwrap_or_default();
    let mut failed_then = verdict::recorded(&bundle.about).unwrap_or_default();
    failed_then.retain(|failed| sight.sees(failed));
    let mut failed_now = sight.failed(bundle, &observation);
    if verdict::recorded(&bundle.about).is_none() {
        failed_now.clear();
    }
    let same = divergence.is_none()
        && !is_lost
        && verdict::is_same(&failed_then, &failed_now)
        && is_same_outcome(&recorded, &observation.outcome)
        && bundle
            .about
            .returned
            .iter()
            .map(|returned| (&returned.invoke, &returned.value))
            .eq(observation.returned.iter().map(|returned| (&returned.invoke, &returned.value)));
    Ok(Outcomes { recorded, observation, divergence, failed_then, failed_now, same, is_lost, sight })
}

/// The guest with another adapter.
fn other(bundle: &Bundle, implements: &str, wasm: &[u8]) -> Result<Vec<u8>, ReplayError> {
    let main = bundle.main.as_deref().ok_or(ReplayError::NoMain)?;
    let input = Input {
        main: Source { name: bundle.about.guest.clone(), wasm: main, wit: None },
        adapters: vec![Adapter::new(implements, wasm)],
    };
    Ok(encode(&input, &polyfill_encoder::Options::default())?.component)
}

/// Kind, code and message, and how deep in calls it happened. The names of frames, and those of functions that were
/// inlined, are a matter of debug information, which a smaller guest has no more.
pub(crate) fn is_same_outcome(a: &Outcome, b: &Outcome) -> bool {
    match (a, b) {
        (Outcome::Trap(a), Outcome::Trap(b)) | (Outcome::HostError(a), Outcome::HostError(b)) => {
            a.message == b.message && depth(&a.frames) == depth(&b.frames)
        }
        (Outcome::Timeout { .. }, Outcome::Timeout { .. }) => true,
        _ => a == b,
    }
}

/// Functions as they were compiled.
fn depth(frames: &[Frame]) -> usize {
    frames.iter().filter(|frame| !frame.inlined).count()
}

/// Where two runs on hosts part.
fn first(recorded: &Trace, seen: &Trace) -> Option<Divergence> {
    let mut calls = 0;
    let (mut a, mut b) = (recorded.imports(), seen.imports());
    let is_same = |a: &Event, b: &Event| (&a.function, &a.arguments, &a.end) == (&b.function, &b.arguments, &b.end);
    let text = |event: Option<&Event>| {
        let one = |event: &Event| Trace { events: vec![Event { within: None, ..event.clone() }], dropped: 0 };
        event.and_then(|event| polyfill_runner::lines(&one(event)).pop())
    };
    loop {
        match (a.next(), b.next()) {
            (None, None) => return None,
            (Some(a), Some(b)) if is_same(a, b) => calls += 1,
            (a, b) => return Some(Divergence { calls, recorded: text(a), seen: text(b) }),
        }
    }
}

impl fmt::Display for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trace = self.observation.trace.as_ref();
        let calls =
            trace.map_or(0, |trace| trace.events.iter().filter(|event| event.boundary == Boundary::Import).count());
        // A message of several lines must not look like the lines below.
        let line = |outcome: &Outcome| outcome.to_string().replace('\n', "\n    ");
        writeln!(f, "recorded: {}", line(&self.recorded))?;
        writeln!(f, "now:      {}, after {calls} calls of the host", line(&self.observation.outcome))?;
        if let Some(divergence) = &self.divergence {
            writeln!(f, "{divergence}")?;
        }
        if !verdict::is_same(&self.failed_then, &self.failed_now) {
            writeln!(f, "what makes the trial fail is not the same")?;
            for (when, failed) in [("recorded:", &self.failed_then), ("now:", &self.failed_now)] {
                writeln!(f, "  {when}{}", if failed.is_empty() { " nothing" } else { "" })?;
                for line in
                    failed.iter().flat_map(|failed| failed.to_string().lines().map(String::from).collect::<Vec<_>>())
                {
                    writeln!(f, "    {line}")?;
                }
            }
        }
        let same = if self.same { "the same" } else { "not the same" };
        writeln!(f, "{same}")
    }
}
