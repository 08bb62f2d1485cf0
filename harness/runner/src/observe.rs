//! Instantiates a component, calls it, and writes down what it did.

use std::fmt::Display;
use std::sync::Arc;

use polyfill_build::index::MemoryCheck;
use wasmtime::Store;
use wasmtime::component::{Component, Linker};

use crate::backtrace;
use crate::call::{Caller, Failure};
use crate::engine::{Engine, EngineError};
use crate::host::{Host, State};
use crate::inputs::{Inputs, Sinks};
use crate::limits::Limits;
use crate::observation::{Observation, Outcome, Returned};
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
    let component = engine.component(component)?;
    let run = Run { engine, component: &component, host, imports: &[], inputs, limits, memory_check: None };
    Ok(observe(&run, sinks))
}

/// Runs a component to its end, whatever that is.
pub fn observe(run: &Run<'_>, sinks: Sinks) -> Observation {
    let mut store = Store::new(run.engine.wasmtime(), State::new(run.inputs, sinks, run.limits, run.memory_check));
    store.limiter(|state| &mut state.pages);
    store.set_epoch_deadline(run.engine.ticks(run.limits.timeout));

    let mut returned = Vec::new();
    let outcome = match link(run) {
        Ok(linker) => call(run, &linker, &mut store, &mut returned),
        Err(why) => Outcome::NotRun(why),
    };

    let core = core_boundary::finish(&store);
    let state = store.data();
    let (calls, calls_dropped) = state.take_trace();
    let imports = names::imports(run.component).into_iter();
    let imports = imports.filter(|item| item.instance.as_deref() != Some(core_boundary::INTERFACE));
    Observation {
        outcome,
        returned,
        stdout: state.stdout().take(),
        stderr: state.stderr().take(),
        calls,
        calls_dropped,
        calls_recorded: run.host.records_calls(),
        core_calls: core.calls,
        core_calls_dropped: core.dropped,
        memory_faults: core.faults,
        memory_compared: core.compared,
        imports: imports.map(|item| item.name()).collect(),
        pages_initial: state.pages.initial,
        pages_grown: state.pages.grown,
        memory_limit_hit: state.pages.limit_hit,
    }
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
    imports::check(host, &linker, run.component).map_err(|unmet| unmet.to_string())?;
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
