//! A case on a side, ready to be run with faults: compiled and linked once, and known as it is without any.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use polyfill_build::index::{Artifact, Cell, Index};
use polyfill_build::reference::IMPORT_MODULE;
use polyfill_build::side::Side;
use polyfill_build::{Built, Suite};
use polyfill_runner::{
    Boundary, Engine, Host, Hosts, Inputs, Limits, Outcome, Staged, StagedRun, host_linker, recorded_results,
};

use super::SweepError;
use super::calls::{core_calls, core_of};
use super::clean::Clean;
use super::inject::{Helpers, Inject, can_fail};
use super::judge::{Faulted, Verdict, expected, judge};
use super::ways::{Group, Way, ways};

/// What a run may take: one that is faulted is no longer than the same without.
const TIME: Duration = Duration::from_secs(5);
/// How many times as many calls a run may make as it does without a fault, and how many more.
const TIMES: usize = 4;
const MORE: usize = 500;

/// One fault of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Where.
    pub at: At,
    /// How.
    pub way: Way,
}

/// Where a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum At {
    /// At this call of the host, from 1. Handles that are dropped do not count.
    Call(usize),
    /// At this growth of a memory, from 1.
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

/// By which it can be asked for again: `12:no-entry`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.at, self.way.name)
    }
}

/// See the module.
pub(super) struct Subject<'e> {
    /// `guest::case`.
    pub(super) name: String,
    pub(super) faults: Vec<Fault>,
    /// The calls of the host that can fail.
    pub(super) calls: usize,
    staged: Staged<'e>,
    clean: Clean,
    /// The events of these calls, and those that growths are in.
    places: Vec<usize>,
    growths: Vec<Option<usize>>,
    helpers: Arc<Helpers>,
}

/// The cases of a suite that are on a side, and those that cannot be swept, each with the reason.
pub(super) struct Subjects<'e> {
    pub(super) ready: Vec<Subject<'e>>,
    pub(super) left_out: Vec<(String, String)>,
}

/// Builds what a side needs, and makes its cases ready.
pub(super) fn subjects<'e>(engine: &'e Engine, suite: &Suite, side: &Side) -> Result<Subjects<'e>, SweepError> {
    if *side == Side::Native {
        return Err(SweepError::Native);
    }
    // The guest's calls of its adapter are reported, so that a host's call is in one of them.
    let built = suite.clone().sides([side.interposed(IMPORT_MODULE)]).sanitize(true).build()?;
    let hosts = Hosts::default();
    let named = side.host();
    let no_host = || SweepError::NoHost { host: named.to_string(), hosts: hosts.names().join(", ") };
    let host = hosts.get(named).ok_or_else(no_host)?;
    let mut subjects = Subjects { ready: Vec::new(), left_out: Vec::new() };
    for cell in &built.index.cells {
        match subject(engine, &built, &built.index, cell, host) {
            Ok(subject) => subjects.ready.push(subject),
            Err(why) => subjects.left_out.push((cell.case_key(), why)),
        }
    }
    Ok(subjects)
}

fn subject<'e>(
    engine: &'e Engine,
    built: &Built,
    index: &Index,
    cell: &Cell,
    host: &dyn Host,
) -> Result<Subject<'e>, String> {
    let file = match &cell.artifact {
        Artifact::Component(file) => built.out_dir.join(file),
        Artifact::Module(_) => return Err("it is no component".into()),
        Artifact::Ignored(why) => return Err(why.clone()),
        Artifact::Failed { message, .. } => return Err(message.clone()),
    };
    let entry = index.cases.get(&cell.case_key()).ok_or("the index has no such case")?;
    let case = entry.case.at(&cell.adapter, &cell.host);
    if case.host_code {
        return Err("Rust code of a test binary answers its imports".into());
    }
    let bytes =
        polyfill_build::system::read(&file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let program = engine.program(&bytes).map_err(|error| error.to_string())?;
    let inputs = Inputs::of(&cell.guest, &case).map_err(|error| error.to_string())?;
    let limits = Limits::default().of(&case.limits);
    let limits = Limits { timeout: limits.timeout.min(TIME), ..limits };
    let linker = host_linker(engine, host)?;
    // What published adapters do is for `polyfill test --sanitize`.
    let checks = cell.sanitize.clone().filter(|_| !cell.adapter.contains("reference-"));
    let staged = Staged::new(engine, &program, host, &linker, inputs, limits, checks)?;
    Subject::new(cell.case_key(), staged)
}

impl<'e> Subject<'e> {
    /// Runs it twice without a fault, and tells all that can fail.
    fn new(name: String, staged: Staged<'e>) -> Result<Subject<'e>, String> {
        let [clean, again] = [staged.run(None, None), staged.run(None, None)].map(Clean::of);
        if !matches!(clean.run.observation.outcome, Outcome::Returned | Outcome::Exit(_)) {
            return Err(format!("without a fault it ends by {}", clean.run.observation.outcome));
        }
        if !clean.is_repeated_by(&again) {
            return Err("two runs without a fault are not the same".into());
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
            // What main asks of the host by itself is no business of an adapter's.
            let is_adapters = places.get(number).is_some_and(|place| core_of(trace, *place).is_some());
            let ty = types.iter().find(|(name, _)| is_adapters && *name == event.function);
            let Some((_, ty)) = ty else { continue };
            let ways = ways(ty, event, result.as_ref(), &helpers.codes).into_iter();
            faults.extend(ways.map(|way| Fault { at: At::Call(number + 1), way }));
        }
        let growths: Vec<Option<usize>> = clean.run.growths.iter().map(|growth| growth.within).collect();
        for (number, within) in growths.iter().enumerate() {
            // Nor is what main takes for itself between its calls.
            if within.is_none_or(|place| core_of(trace, place).is_some()) {
                faults.push(Fault { at: At::Growth(number + 1), way: Way::refused() });
            }
        }
        let calls = places.len();
        Ok(Subject { name, faults, calls, staged, places, growths, helpers: Arc::new(helpers), clean })
    }

    /// Runs it with a fault.
    pub(super) fn run(&self, fault: &Fault) -> StagedRun {
        match fault.at {
            At::Growth(number) => self.staged.run(None, Some(number - 1)),
            At::Call(number) => {
                let (helpers, way) = (self.helpers.clone(), fault.way.clone());
                let most = self.calls * TIMES + MORE;
                let script = Inject { helpers, way, at: number - 1, calls: 0, most };
                self.staged.run(Some(Box::new(script)), None)
            }
        }
    }

    /// What came of that.
    pub(super) fn judge(&self, fault: &Fault, run: &StagedRun) -> Verdict {
        let place = match fault.at {
            At::Call(number) => self.places.get(number - 1).copied(),
            At::Growth(number) => self.growths.get(number - 1).copied().flatten(),
        };
        let Way { name, group, code, .. } = &fault.way;
        let event = place.and_then(|place| self.clean.run.trace.events.get(place));
        let call = event.map_or("", |event| event.function.as_str());
        let errnos = expected(*group, name, code.as_deref(), call);
        judge(&Faulted { group: *group, errnos, place, clean: &self.clean, run })
    }

    /// The guest's calls without a fault.
    pub(super) fn core_calls(&self) -> usize {
        core_calls(&self.clean.run.trace).len()
    }

    /// The guest's function that a fault is in, before it is made.
    pub(super) fn function_of(&self, fault: &Fault) -> Option<&str> {
        let place = match fault.at {
            At::Call(number) => self.places.get(number - 1).copied(),
            At::Growth(number) => self.growths.get(number - 1).copied().flatten(),
        }?;
        let core = core_of(&self.clean.run.trace, place)?;
        self.clean.calls.iter().find(|call| call.place == core).map(|call| call.function.as_str())
    }
}

impl Way {
    /// Memory does not grow.
    fn refused() -> Way {
        let says = polyfill_runner::Says::Nothing;
        Way { name: "refused".into(), group: Group::Memory, says, code: None }
    }
}
