//! Instantiates a component, calls it, and writes down what it did.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::Arc;

use polyfill_build::index::MemoryCheck;
use polyfill_build::module;
use wasmtime::component::{Component, Linker};
use wasmtime::{Store, UpdateDeadline};

use crate::backtrace;
use crate::call::{Caller, Failure};
use crate::engine::{Engine, EngineError};
use crate::files::{Files, FilesError};
use crate::host::{Host, State, Stop};
use crate::inputs::{Inputs, Sinks};
use crate::limits::Limits;
use crate::observation::{Observation, Outcome, Returned};
use crate::skew::Origin;
use crate::{answers, core_boundary, imports, names};

/// Rust code that answers imports of a guest.
pub type Imports = Arc<dyn Fn(&mut Linker<State>) -> wasmtime::Result<()> + Send + Sync>;

/// A component and what it is run with.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// The engine that has compiled the component.
    pub engine: &'a Engine,
    /// The component.
    pub component: &'a Component,
    /// The same in binary form: for messages about what it imports.
    pub binary: &'a [u8],
    /// The stack that it was made with, for messages; empty where that is not known.
    pub stack: &'a str,
    /// The host.
    pub host: &'a dyn Host,
    /// Rust code that answers imports, beside the host.
    pub imports: &'a [Imports],
    /// Everything that the guest gets to see.
    pub inputs: &'a Inputs,
    /// How much it may use.
    pub limits: &'a Limits,
    /// What to look at in main's memory, if the component reports it.
    pub memory_check: Option<&'a MemoryCheck>,
}

/// Runs a component in binary form, without an index around it.
pub fn run_component(
    engine: &Engine,
    component: &[u8],
    host: &dyn Host,
    inputs: &Inputs,
    limits: &Limits,
    sinks: Sinks,
) -> Result<Observation, EngineError> {
    let binary = component;
    let component = engine.component(binary)?;
    let run = Run {
        engine,
        component: &component,
        binary,
        stack: "",
        host,
        imports: &[],
        inputs,
        limits,
        memory_check: None,
    };
    Ok(observe(&run, sinks))
}

/// Runs a component to its end, whatever that is.
pub fn observe(run: &Run<'_>, sinks: Sinks) -> Observation {
    let files = match Files::lay_out(run.inputs) {
        Ok(files) if files.is_some() && !run.host.has_files() => return Observation::of(no_files(run.host)),
        Ok(files) => files,
        Err(error) => return Observation::of(Outcome::NotRun(error.to_string())),
    };
    let state = match State::new(run.inputs, sinks, run.limits, run.memory_check, files.as_ref()) {
        Ok(state) => state,
        Err(error) => return Observation::of(Outcome::NotRun(backtrace::message(&error))),
    };
    let mut store = ready(run.engine, run.limits, state, files.as_ref());
    let mut returned = Vec::new();
    let outcome = match link(run) {
        Ok(linker) => call(run, &linker, &mut store, &mut returned),
        Err(why) => Outcome::NotRun(why),
    };

    let imports = names::imports(run.component).into_iter();
    let imports = imports.filter(|item| item.instance.as_deref() != Some(core_boundary::INTERFACE));
    Observation {
        returned,
        calls_recorded: run.host.records_calls(),
        imports: imports.map(|item| item.name()).collect(),
        core_interfaces: core_interfaces(run.binary),
        ..observation(&store, outcome, files.as_ref(), run.limits)
    }
}

/// The interfaces with versions that the core modules of a component import.
fn core_interfaces(component: &[u8]) -> Vec<String> {
    let interfaces: BTreeSet<String> = module::importers(component).into_values().flatten().collect();
    interfaces.into_iter().filter(|name| name.contains(':') && name.contains('@')).collect()
}

/// Ticks between two looks at the size of a guest's files.
const LOOK: u64 = 5;

/// A store for a run, with its limits.
pub(crate) fn ready(engine: &Engine, limits: &Limits, state: State, files: Option<&Files>) -> Store<State> {
    let mut store = Store::new(engine.wasmtime(), state);
    store.limiter(|state| &mut state.pages);
    let mut left = engine.ticks(limits.timeout);
    store.set_epoch_deadline(left);
    if let Some(size) = files.map(Files::size) {
        let bytes = limits.files;
        store.set_epoch_deadline(left.min(LOOK));
        store.epoch_deadline_callback(move |_| {
            if size() > bytes as u64 {
                return Err(Stop::FilesLimit { bytes }.into());
            }
            left = left.saturating_sub(LOOK);
            Ok(if left == 0 { UpdateDeadline::Interrupt } else { UpdateDeadline::Continue(left.min(LOOK)) })
        });
    }
    store
}

/// What a run has left behind in its state and its folder.
pub(crate) fn observation(
    store: &Store<State>,
    outcome: Outcome,
    files: Option<&Files>,
    limits: &Limits,
) -> Observation {
    let core = core_boundary::finish(store);
    let state = store.data();
    let (calls, calls_dropped) = state.take_trace();
    let (outcome, files) = match files.map(|files| files.look(limits.files)).transpose() {
        Ok(files) => (outcome, files),
        Err(error @ FilesError::TooMuch { .. }) => (Outcome::Limit(error.to_string()), None),
        Err(error) => (Outcome::NotRun(error.to_string()), None),
    };
    Observation {
        stdout: state.stdout().take(),
        stderr: state.stderr().take(),
        calls,
        calls_dropped,
        core_calls: core.calls,
        core_calls_dropped: core.dropped,
        memory_faults: core.faults,
        memory_compared: core.compared,
        files,
        pages_initial: state.pages.initial,
        pages_grown: state.pages.grown,
        memory_limit_hit: state.pages.limit_hit,
        ..Observation::of(outcome)
    }
}

/// A guest that looks in vain for files would fail for a reason that nobody sees.
fn no_files(host: &dyn Host) -> Outcome {
    Outcome::NotRun(format!(
        "host `{}` has no files, which the case has: name hosts that do (`wasi`, `native`)",
        host.name()
    ))
}

/// A linker with the host's functions, the answers in Rust, and those of the case, the later ones first in rank.
fn link(run: &Run<'_>) -> Result<Linker<State>, String> {
    let mut linker = Linker::new(run.engine.wasmtime());
    let host = run.host.name();
    run.host
        .add_to_linker(&mut linker)
        .map_err(|error| format!("host `{host}` cannot be set up: {}", backtrace::message(&error)))?;
    linker.allow_shadowing(true);
    core_boundary::add_to_linker(&mut linker)
        .map_err(|error| format!("what interposers report to cannot be set up: {}", backtrace::message(&error)))?;
    for imports in run.imports {
        imports(&mut linker)
            .map_err(|error| format!("the code that answers imports failed: {}", backtrace::message(&error)))?;
    }
    answers::define(&mut linker, run.component, &run.inputs.answers)
        .map_err(|errors| list("the answers of the case do not fit", &errors))?;
    let origin = Origin { component: run.binary, stack: run.stack };
    imports::check(host, &linker, run.component, origin).map_err(|unmet| unmet.to_string())?;
    Ok(linker)
}

fn call(run: &Run<'_>, linker: &Linker<State>, store: &mut Store<State>, returned: &mut Vec<Returned>) -> Outcome {
    let instance = match linker.instantiate(&mut *store, run.component) {
        Ok(instance) => instance,
        Err(error) => return backtrace::outcome(&error, run.limits),
    };
    let mut caller = Caller::new(run.component, instance);
    if run.inputs.calls.is_empty() {
        return match caller.start(store) {
            Ok(true) => Outcome::Returned,
            // As the runtimes' own commands do.
            Ok(false) => Outcome::Exit(1),
            Err(failure) => ended(failure, run.limits),
        };
    }
    for call in &run.inputs.calls {
        match caller.call(&mut *store, &call.invoke) {
            Ok(value) => returned.push(Returned { invoke: call.invoke.clone(), value }),
            Err(failure) => return ended(failure, run.limits),
        }
    }
    Outcome::Returned
}

fn ended(failure: Failure, limits: &Limits) -> Outcome {
    match failure {
        Failure::NotMade(error) => Outcome::NotRun(error.to_string()),
        Failure::Ended(error) => backtrace::outcome(&error, limits),
    }
}

fn list(title: &str, errors: &[impl Display]) -> String {
    let mut text = format!("{title}:");
    for error in errors {
        text.push_str(&format!("\n  {error}"));
    }
    text
}
