//! Judges the outcome of an injected fault. Runs nothing.

use std::collections::BTreeSet;

use polyfill_runner::{End, Outcome, StagedRun};

use super::calls::{CoreCall, core_calls, core_of, unversioned};
use super::clean::{Clean, same_calls, same_end, same_outcome};
use super::errors::counterpart;
use super::failure_modes::{Group, TRAP};

/// Outcome of a run that handled its fault correctly.
pub const RIGHT: &str = "right";
/// Function name for events outside of the guest's calls.
pub const START: &str = "start";
/// Function in which a guest traps when its memory was overwritten.
const OVERWRITTEN: &str = "overwritten";
/// Host function name for memory growth.
pub const GROWTH: &str = "memory.grow";

/// Verdict on a fault.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Verdict {
    /// The guest's call in which the fault was injected; [`START`] if none.
    pub function: String,
    /// The host function that failed, without its version; [`GROWTH`] for memory growth.
    pub call: String,
    /// Each incorrect behavior in one or two words; [`RIGHT`] if there is none.
    pub outcomes: Vec<String>,
}

/// The facts about a fault that its verdict depends on.
pub(super) struct Faulted<'a> {
    pub(super) group: Group,
    /// The errnos that correspond to the error; any for errors without a code.
    pub(super) errnos: Errnos,
    /// Trace index of the failed call, or of the call in which memory did not grow. `None` outside of calls.
    pub(super) place: Option<usize>,
    pub(super) clean: &'a Clean,
    pub(super) run: &'a StagedRun,
    /// Set if the run exceeded its limit of host calls.
    pub(super) exceeded: bool,
}

/// Permitted errnos of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Errnos {
    /// One of these errnos.
    These(Vec<&'static str>),
    /// Any errno except success.
    NoSuccess,
    /// Any result.
    Any,
}

/// Returns the errnos that an adapter may report for a fault.
pub(super) fn expected(group: Group, name: &str, code: Option<&str>, call: &str) -> Errnos {
    let these = |errnos: &[&'static str]| Errnos::These(errnos.to_vec());
    match group {
        Group::Code => counterpart(name).map_or(Errnos::NoSuccess, |errno| these(&[errno])),
        Group::Failed => match code.map(counterpart) {
            None => these(&["io"]),
            Some(errno) => errno.map_or(Errnos::NoSuccess, |errno| these(&[errno])),
        },
        // The end of a stream that is read is not an error.
        Group::Error if name == "closed" && call.contains("input-stream") => these(&["success"]),
        Group::Error if name == "closed" => these(&["io", "pipe"]),
        Group::Error => Errnos::NoSuccess,
        Group::Short => these(&["success"]),
        Group::Memory => these(&["nomem"]),
        Group::Value | Group::Broken | Group::Trap => Errnos::Any,
    }
}

/// Judges a run with a fault against the fault-free run.
pub(super) fn judge(faulted: &Faulted<'_>) -> Verdict {
    let Faulted { group, place, run, .. } = faulted;
    let trace = &run.trace;
    let calls = core_calls(trace);
    let core = place.and_then(|place| core_of(trace, place));
    let at = calls.iter().position(|call| Some(call.place) == core);
    let function = at.map_or(START.to_string(), |at| calls[at].function.clone());
    let call = match (group, place.and_then(|place| trace.events.get(place))) {
        (Group::Memory, _) | (_, None) => GROWTH.to_string(),
        (_, Some(event)) => unversioned(&event.function),
    };
    let mut outcomes = match (group, at) {
        (Group::Trap, _) => trapped(faulted),
        _ if faulted.exceeded || is_limit(&run.observation.outcome) => vec!["hang".to_string()],
        (_, Some(at)) => called(faulted, &calls, at),
        (_, None) => outside(faulted, &calls),
    };
    let violations: BTreeSet<&str> = run.observation.violations.iter().map(|violation| violation.what.kind()).collect();
    outcomes.extend(violations.into_iter().map(str::to_string));
    if outcomes.is_empty() {
        outcomes.push(RIGHT.to_string());
    }
    Verdict { function, call, outcomes }
}

/// Judges a host trap, which must end the run as a host error.
fn trapped(Faulted { place, run, .. }: &Faulted<'_>) -> Vec<String> {
    let event = place.and_then(|place| run.trace.events.get(place));
    let failed = event.is_some_and(|event| event.end == End::Failed(TRAP.to_string()));
    match &run.observation.outcome {
        Outcome::HostError(_) if failed => Vec::new(),
        other => vec![format!("no trap, but {}", ended(other))],
    }
}

/// Judges a fault in one of the guest's calls.
fn called(faulted: &Faulted<'_>, calls: &[CoreCall], at: usize) -> Vec<String> {
    let run = faulted.run;
    let Some(errno) = calls[at].errno() else {
        return match (faulted.group, &calls[at].result, &run.observation.outcome) {
            // The call has no errno: it must end the run as it does without a fault.
            (_, Some(_), _) => Vec::new(),
            (_, None, outcome) if same_outcome(outcome, &faulted.clean.run.observation.outcome) => Vec::new(),
            (Group::Broken, None, _) => Vec::new(),
            (_, None, outcome) => vec![ended(outcome)],
        };
    };
    let mut outcomes = Vec::new();
    let fits = match &faulted.errnos {
        Errnos::Any => true,
        Errnos::NoSuccess => errno != "success",
        Errnos::These(errnos) => errnos.contains(&errno),
    };
    if !fits {
        outcomes.push(errno.to_string());
        // A guest that received success does not retry.
        if errno == "success" {
            return outcomes;
        }
    }
    match faulted.group {
        Group::Short => outcomes.extend(after_less(faulted, calls, at)),
        Group::Code | Group::Failed | Group::Error | Group::Memory => outcomes.extend(afterwards(faulted, calls, at)),
        Group::Value => outcomes.extend(harm(run, calls)),
        Group::Broken | Group::Trap => {}
    }
    outcomes
}

/// Compares the following calls with the fault-free run, if the guest retries. A guest that gives up is not compared.
fn afterwards(faulted: &Faulted<'_>, calls: &[CoreCall], at: usize) -> Vec<String> {
    let Faulted { clean, run, .. } = faulted;
    if let outcomes @ [_, ..] = &trap_later(run, calls)[..] {
        return outcomes.to_vec();
    }
    let rest = &calls[at + 1..];
    let tried_again = rest.first().is_some_and(|next| next.call == calls[at].call);
    let (again, on) = (clean.calls.get(at..), clean.calls.get(at + 1..));
    let succeeded = calls[at].errno() == Some("success");
    let same = [again, on].into_iter().flatten().any(|wanted| same_calls(rest, wanted));
    match (same, tried_again || succeeded) {
        (true, _) => {
            let mut outcomes = clean.leaks_of(run);
            outcomes.extend((!same_end(&clean.run, run)).then(|| "other end".to_string()));
            outcomes
        }
        (false, true) => vec!["other calls".to_string()],
        (false, false) => Vec::new(),
    }
}

/// Reports a trap in a later call.
fn trap_later(run: &StagedRun, calls: &[CoreCall]) -> Vec<String> {
    let within = calls.last().is_some_and(|call| call.result.is_none());
    match &run.observation.outcome {
        Outcome::Trap(_) | Outcome::HostError(_) if within => vec!["trap later".to_string()],
        _ => Vec::new(),
    }
}

/// Reports corrupted guest memory. Guests that check their memory trap in a dedicated function.
fn harm(run: &StagedRun, calls: &[CoreCall]) -> Vec<String> {
    let overwritten = run.observation.outcome.frames().iter().any(|frame| frame.function.contains(OVERWRITTEN));
    if overwritten { vec!["harm".to_string()] } else { trap_later(run, calls) }
}

/// Judges a short result. If the adapter reports it and the guest ignores it or gives up, later differences are the
/// guest's own.
fn after_less(faulted: &Faulted<'_>, calls: &[CoreCall], at: usize) -> Vec<String> {
    let Faulted { clean, run, .. } = faulted;
    if let outcomes @ [_, ..] = &trap_later(run, calls)[..] {
        return outcomes.to_vec();
    }
    let is_reported = clean.calls.get(at).is_none_or(|call| call.result != calls[at].result);
    let rest = clean.calls.get(at + 1..).unwrap_or_default();
    let goes_on = calls[at + 1..].iter().map(|call| &call.call).eq(rest.iter().map(|call| &call.call));
    let gives_up = !same_outcome(&run.observation.outcome, &clean.run.observation.outcome);
    if is_reported && (goes_on || gives_up) { Vec::new() } else { the_same_in_the_end(faulted) }
}

fn the_same_in_the_end(faulted: &Faulted<'_>) -> Vec<String> {
    let Faulted { clean, run, .. } = faulted;
    if same_end(&clean.run, run) { clean.leaks_of(run) } else { vec!["other end".to_string()] }
}

/// Judges a fault before the guest's first call, between two calls, or after the last one.
fn outside(faulted: &Faulted<'_>, calls: &[CoreCall]) -> Vec<String> {
    let run = faulted.run;
    match (faulted.group, &run.observation.outcome) {
        (Group::Value | Group::Broken, outcome) if !matches!(outcome, Outcome::Trap(_) | Outcome::HostError(_)) => {
            trap_later(run, calls)
        }
        (Group::Broken, _) => Vec::new(),
        (_, outcome) if same_outcome(outcome, &faulted.clean.run.observation.outcome) => the_same_in_the_end(faulted),
        (_, outcome) => vec![ended(outcome)],
    }
}

/// Returns true if a limit ended the run.
fn is_limit(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Timeout { .. } | Outcome::Limit { .. })
}

/// Formats the outcome of a run in one or two words.
fn ended(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Trap(_) => "trap".into(),
        Outcome::HostError(_) => "refused by the host".into(),
        Outcome::Exit(code) => format!("exit {code}"),
        Outcome::Returned => "returned".into(),
        _ if is_limit(outcome) => "hang".into(),
        _ => "not run".into(),
    }
}

#[cfg(test)]
mod tests;
