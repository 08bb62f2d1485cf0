//! A case on a side, prepared for fault injection: compiled, linked, and run without a fault.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use polyfill_abi::Descriptions;
use polyfill_builder::index::{Artifact, Trial};
use polyfill_builder::reference::IMPORT_MODULE;
use polyfill_builder::side::Side;
use polyfill_builder::{Built, Suite};
use polyfill_runner::{
    Boundary, Host, Hosts, Inputs, Limits, Outcome, Staged, StagedRun, host_linker, recorded_results,
};

use super::InjectError;
use super::calls::{core_calls, core_of};
use super::clean::Clean;
use super::engines::Engines;
use super::failing_host::{Helpers, Inject, can_fail};
use super::failure_modes::{FaultKind, Group, failure_modes};
use super::judge::{Faulted, Verdict, expected, judge};

/// Maximum duration of a run.
const TIME: Duration = Duration::from_secs(5);
/// Limit on the number of host calls, as a factor of the fault-free run's number and a constant added to it.
const TIMES: usize = 4;
const MORE: usize = 500;

/// One fault of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Place of the fault.
    pub at: At,
    /// Failure mode.
    pub mode: FaultKind,
}

/// Place of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum At {
    /// Number of the host call, from 1. Dropped handles do not count.
    Call(usize),
    /// Number of the memory growth, from 1.
    Growth(usize),
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            At::Call(number) => write!(f, "{number}"),
            At::Growth(number) => write!(f, "growth-{number}"),
        }
    }
}

/// Formats the fault as the option `--fault` expects it: `12:no-entry`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.at, self.mode.name)
    }
}

/// A prepared case.
pub(super) struct Subject<'e> {
    /// Case name, `guest::case`.
    pub(super) name: String,
    pub(super) faults: Vec<Fault>,
    /// Faultable host calls.
    pub(super) calls: usize,
    staged: Staged<'e>,
    clean: Clean,
    /// Trace indices of these calls, and of the events that contain memory growths.
    places: Vec<usize>,
    growths: Vec<Option<usize>>,
    helpers: Arc<Helpers>,
}

/// Prepared cases of a suite on a side, and the skipped cases with their reasons.
pub(super) struct Subjects<'e> {
    pub(super) ready: Vec<Subject<'e>>,
    pub(super) left_out: Vec<(String, String)>,
}

/// Builds the artifacts of a side.
pub(super) fn build(suite: &Suite, side: &Side) -> Result<Built, InjectError> {
    if *side == Side::Native {
        return Err(InjectError::Native);
    }
    // The trace contains the guest's adapter calls, so that each host call is attributed to one of them.
    Ok(suite.clone().sides([side.interposed(IMPORT_MODULE)]).sanitize(true).build()?)
}

/// Prepares the cases of a side.
pub(super) fn subjects<'e>(engines: &'e Engines, built: &Built, side: &Side) -> Result<Subjects<'e>, InjectError> {
    let hosts = Hosts::default();
    let named = side.host();
    let no_host = || InjectError::NoHost { host: named.to_string(), hosts: hosts.names().join(", ") };
    let host = hosts.get(named).ok_or_else(no_host)?;
    let mut subjects = Subjects { ready: Vec::new(), left_out: Vec::new() };
    for trial in &built.index.trials {
        match subject(engines, built, trial, host) {
            Ok(subject) => subjects.ready.push(subject),
            Err(why) => subjects.left_out.push((trial.case_key(), why)),
        }
    }
    Ok(subjects)
}

fn subject<'e>(engines: &'e Engines, built: &Built, trial: &Trial, host: &dyn Host) -> Result<Subject<'e>, String> {
    let file = match &trial.artifact {
        Artifact::Component(file) => built.out_dir.join(file),
        Artifact::Module(_) => return Err("the artifact is not a component".into()),
        Artifact::Ignored(why) => return Err(why.clone()),
        Artifact::Failed { message, .. } => return Err(message.clone()),
    };
    let entry = built.index.cases.get(&trial.case_key()).ok_or("the index has no such case")?;
    let case = entry.case.at(&trial.adapter, &trial.host);
    if case.host_code {
        return Err("its imports are implemented by Rust code of a test binary".into());
    }
    let engine = engines.of(&case)?;
    let bytes =
        polyfill_builder::system::read(&file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let program = engine.program(&bytes).map_err(|error| error.to_string())?;
    let mut inputs = Inputs::of(&trial.guest, &case).map_err(|error| error.to_string())?;
    inputs.abi = Descriptions::parse(&built.index.abis).map_err(|error| error.to_string())?;
    let limits = Limits::default().of(&case.limits);
    let limits = Limits { timeout: limits.timeout.min(TIME), ..limits };
    let linker = host_linker(engine, host)?;
    // Violations by published adapters are covered by `polyfill test --sanitize`.
    let checks = trial.sanitize.clone().filter(|_| !trial.adapter.contains("reference-"));
    let staged = Staged::new(engine, &program, host, &linker, inputs, limits, checks)?;
    Subject::new(trial.case_key(), staged)
}

/// Result of a run with a fault.
pub(super) struct FaultedRun {
    pub(super) run: StagedRun,
    /// Set if the run exceeded its limit of host calls.
    pub(super) exceeded: bool,
}

impl<'e> Subject<'e> {
    /// Runs the case twice without a fault and lists its possible faults.
    fn new(name: String, staged: Staged<'e>) -> Result<Subject<'e>, String> {
        let [clean, again] = [staged.run(None, None), staged.run(None, None)].map(Clean::of);
        if !matches!(clean.run.observation.outcome, Outcome::Returned | Outcome::Exit(_)) {
            return Err(format!("the fault-free run failed: {}", clean.run.observation.outcome));
        }
        if !clean.is_repeated_by(&again) {
            return Err("two fault-free runs differ: the case is nondeterministic".into());
        }
        let helpers = Helpers::of(staged.program());
        let trace = &clean.run.trace;
        let places: Vec<usize> = trace
            .events
            .iter()
            .enumerate()
            .filter_map(|(place, event)| {
                (event.boundary == Boundary::Import && can_fail(&event.function)).then_some(place)
            })
            .collect();
        let types = staged.program().imported();
        let mut faults = Vec::new();
        for (number, (event, result)) in recorded_results(staged.program(), trace)?.into_iter().enumerate() {
            // Host calls by main itself do not involve the adapter.
            let is_adapters = places.get(number).is_some_and(|place| core_of(trace, *place).is_some());
            let ty = types.iter().find(|(name, _)| is_adapters && *name == event.function);
            let Some((_, ty)) = ty else { continue };
            let failure_modes = failure_modes(ty, event, result.as_ref(), &helpers.codes).into_iter();
            faults.extend(failure_modes.map(|mode| Fault { at: At::Call(number + 1), mode }));
        }
        let growths: Vec<Option<usize>> = clean.run.growths.iter().map(|growth| growth.within).collect();
        for (number, within) in growths.iter().enumerate() {
            // The same holds for memory growth by main between its calls.
            if within.is_none_or(|place| core_of(trace, place).is_some()) {
                faults.push(Fault { at: At::Growth(number + 1), mode: FaultKind::refused() });
            }
        }
        let calls = places.len();
        Ok(Subject { name, faults, calls, staged, places, growths, helpers: Arc::new(helpers), clean })
    }

    /// Runs the case with a fault.
    pub(super) fn run(&self, fault: &Fault) -> FaultedRun {
        let exceeded = Arc::new(AtomicBool::new(false));
        let run = match fault.at {
            At::Growth(number) => self.staged.run(None, Some(number - 1)),
            At::Call(number) => {
                let script = Inject {
                    helpers: self.helpers.clone(),
                    mode: fault.mode.clone(),
                    at: number - 1,
                    calls: 0,
                    most: self.calls * TIMES + MORE,
                    exceeded: exceeded.clone(),
                };
                self.staged.run(Some(Box::new(script)), None)
            }
        };
        FaultedRun { run, exceeded: exceeded.load(Ordering::Relaxed) }
    }

    /// Judges a run with a fault.
    pub(super) fn judge(&self, fault: &Fault, run: &FaultedRun) -> Verdict {
        let place = self.place(fault);
        let FaultKind { name, group, code, .. } = &fault.mode;
        let event = place.and_then(|place| self.clean.run.trace.events.get(place));
        let call = event.map_or("", |event| event.function.as_str());
        let errnos = expected(*group, name, code.as_deref(), call);
        judge(&Faulted { group: *group, errnos, place, clean: &self.clean, run: &run.run, exceeded: run.exceeded })
    }

    /// Returns the number of the guest's calls in the fault-free run.
    pub(super) fn core_calls(&self) -> usize {
        core_calls(&self.clean.run.trace).len()
    }

    /// Returns the guest's function in which a fault is injected, from the fault-free run.
    pub(super) fn function_of(&self, fault: &Fault) -> Option<&str> {
        let core = core_of(&self.clean.run.trace, self.place(fault)?)?;
        self.clean.calls.iter().find(|call| call.place == core).map(|call| call.function.as_str())
    }

    /// Returns the index of the event in the fault-free trace at which a fault is injected.
    fn place(&self, fault: &Fault) -> Option<usize> {
        match fault.at {
            At::Call(number) => self.places.get(number - 1).copied(),
            At::Growth(number) => self.growths.get(number - 1).copied().flatten(),
        }
    }
}

impl FaultKind {
    /// Returns the failure mode of memory growth.
    fn refused() -> FaultKind {
        let response = polyfill_runner::Response::Nothing;
        FaultKind { name: "refused".into(), group: Group::Memory, response, code: None }
    }
}
