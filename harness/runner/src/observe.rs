//! Instantiates a component, makes the calls of its case, and records the observed behavior.

use std::borrow::Cow;
use std::fmt::Display;
use std::ops::Range;
use std::sync::Arc;

use polyfill_builder::index::Sanitize;
use wasmtime::component::{Instance, InstancePre, Linker};
use wasmtime::{Store, StoreHookState, UpdateDeadline};

use crate::backtrace;
use crate::call::{Caller, Failure};
use crate::core_boundary::PATTERNS;
use crate::drive::drive;
use crate::engine::{Engine, EngineError};
use crate::files::{self, Files};
use crate::host::{Host, State};
use crate::inputs::{Inputs, Sinks};
use crate::interfaces::Interfaces;
use crate::limits::Limits;
use crate::names::{self, Item};
use crate::observation::{Observation, Outcome, Returned};
use crate::program::Program;
use crate::skew::Origin;
use crate::time::{Now, TrialTime};
use crate::trace::Detail;
use crate::trace::wrap::Wrapped;
use crate::{answers, core_boundary, imports};

/// Rust code that implements imports of a guest.
pub type Imports = Arc<dyn Fn(&mut Linker<State>) -> wasmtime::Result<()> + Send + Sync>;

/// A component and the environment of its run.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// Engine that compiled the component.
    pub engine: &'a Engine,
    /// The component.
    pub program: &'a Program,
    /// Adapter chain of the component, for messages; empty if unknown.
    pub chain: &'a str,
    /// Host that satisfies the imports.
    pub host: &'a dyn Host,
    /// Linker with the host's functions on this engine, from [`host_linker`]. Can be shared by all runs.
    pub linker: &'a Linker<State>,
    /// Set if no other host of that name is used on this engine, so that the linked component can be cached by name.
    pub is_one_host: bool,
    /// Rust code that implements imports in addition to the host.
    pub imports: &'a [Imports],
    /// Inputs of the guest.
    pub inputs: &'a Inputs,
    /// Limits of the run.
    pub limits: &'a Limits,
    /// Time budget of the trial, shared by this run and its reruns.
    pub time: &'a TrialTime,
    /// Input of the checks, if the component reports its calls.
    pub sanitize: Option<&'a Sanitize>,
    /// Level of detail recorded in [`Observation::trace`].
    pub detail: Detail,
}

impl Run<'_> {
    /// Returns true if calls are reported, for a trace or for checks.
    fn reports_calls(&self) -> bool {
        self.detail != Detail::Off || self.sanitize.is_some()
    }
}

/// Runs a component binary without an index.
///
/// # Errors
///
/// Fails if wasmtime rejects the component.
pub fn run_component(
    engine: &Engine,
    component: &[u8],
    host: &dyn Host,
    inputs: &Inputs,
    limits: &Limits,
    sinks: Sinks,
) -> Result<Observation, EngineError> {
    Ok(run_program(engine, &engine.program(component)?, host, inputs, limits, Detail::Off, sinks))
}

/// Runs a compiled component without an index.
pub fn run_program(
    engine: &Engine,
    program: &Program,
    host: &dyn Host,
    inputs: &Inputs,
    limits: &Limits,
    detail: Detail,
    sinks: Sinks,
) -> Observation {
    let linker = &match host_linker(engine, host) {
        Ok(linker) => linker,
        Err(why) => return Observation::of(Outcome::NotRun(why)),
    };
    let run = Run {
        engine,
        program,
        chain: "",
        host,
        linker,
        is_one_host: false,
        imports: &[],
        inputs,
        limits,
        time: &TrialTime::new(limits, detail != Detail::Off),
        sanitize: None,
        detail,
    };
    observe(&run, sinks)
}

/// Returns a linker with a host's functions and the reporting functions of interposition adapters. Later definitions
/// take precedence.
///
/// # Errors
///
/// Returns a message if the functions cannot be defined, or the host declares an interface that it does not define.
pub fn host_linker(engine: &Engine, host: &dyn Host) -> Result<Linker<State>, String> {
    let mut linker = Linker::new(engine.wasmtime());
    host.add_to_linker(&mut linker)
        .map_err(|error| format!("cannot set up host `{}`: {}", host.name(), backtrace::message(&error)))?;
    if let Some(interface) = Interfaces::of(host).undefined(&linker) {
        return Err(format!(
            "host `{}` declares the interface `{interface}` and does not define it; help: correct `Host::interfaces`",
            host.name()
        ));
    }
    linker.allow_shadowing(true);
    core_boundary::add_to_linker(&mut linker).map_err(|error| {
        format!("cannot define the functions for interposition adapters: {}", backtrace::message(&error))
    })?;
    Ok(linker)
}

/// Runs a component and returns the observation, whatever the outcome.
pub fn observe(run: &Run<'_>, sinks: Sinks) -> Observation {
    observe_as(run, sinks, &SecondRun::default())
}

/// Purpose of a second run.
pub(crate) struct SecondRun<'w> {
    /// Watched addresses in main's memory, each with the number of the call whose writes are attributed. Requires an
    /// instrumented component ([`polyfill_encoder::watch`]).
    pub watched: &'w [(u64, Range<u64>)],
    /// Fill pattern of uninitialized memory.
    pub pattern: u8,
}

impl Default for SecondRun<'_> {
    fn default() -> Self {
        Self { watched: &[], pattern: PATTERNS[0] }
    }
}

/// Runs a component with the additional checks of a second run.
pub(crate) fn observe_as(run: &Run<'_>, sinks: Sinks, looks: &SecondRun<'_>) -> Observation {
    // Use a tracing proxy, for traces and for checks.
    let reports_calls = run.reports_calls();
    let limits = &run.limits.within(run.time.left(), reports_calls);
    let run = &Run { limits, ..*run };
    let files = match Files::lay_out(run.inputs, run.limits) {
        Ok(files) if files.is_some() && !run.host.has_files() => return Observation::of(no_files(run.host)),
        Ok(files) => files,
        Err(error) => return Observation::of(Outcome::NotRun(error.to_string())),
    };
    let state = match State::new(run.inputs, sinks, run.limits, run.sanitize, files.as_ref(), run.detail) {
        Ok(state) => state,
        Err(error) => return Observation::of(Outcome::NotRun(backtrace::message(&error))),
    };
    state.core_boundary().fill_with(looks.pattern);
    if !looks.watched.is_empty() {
        state.core_boundary().watch_writers(looks.watched);
    }
    let _room = run.engine.room();
    // Start measuring the guest's time here.
    let linked = link(run);
    let mut store = match ready(run.engine, run.limits, state, files.as_ref()) {
        Ok(store) => store,
        Err(outcome) => return Observation::of(outcome),
    };
    if reports_calls {
        // Each report compares all of main's memory.
        store.set_hostcall_fuel(limits.memory.saturating_mul(2));
    }
    let mut returned = Vec::new();
    let outcome = linked.and_then(|linked| {
        let asynchronous = run.host.is_async();
        match drive(asynchronous, limits.clock(), call(run, &linked, &mut store, &mut returned))? {
            Some(outcome) => Ok(outcome),
            None => Ok(store.data_mut().watch.waited(Now::look()).outcome()),
        }
    });
    let outcome = outcome.unwrap_or_else(Outcome::NotRun);
    run.time.add(store.data_mut().watch.used(Now::look()));
    let trace = (run.detail != Detail::Off).then(|| store.data().tape().finish());
    let mut observation = observation(&mut store, outcome, files.as_ref(), run.limits);
    for violation in &mut observation.violations {
        violation.adapter = run.chain.to_string();
    }
    Observation {
        returned,
        trace,
        calls_recorded: run.host.records_calls() || answers_all(run),
        unasked: unasked(run, &observation),
        imports: run.program.imports().to_vec(),
        core_interfaces: run.program.core_interfaces().to_vec(),
        ..observation
    }
}

/// Returns true if the case answers every imported function, so that all calls are recorded.
fn answers_all(run: &Run<'_>) -> bool {
    let imports = names::imports(run.program.component());
    let answered: Vec<String> = (run.inputs.answers.iter())
        .filter_map(|answer| names::find(&imports, &answer.function, "import").ok().map(Item::name))
        .collect();
    let imported = run.program.imports();
    // A component without imports makes no calls on any host.
    !imported.is_empty() && imported.iter().all(|name| answered.contains(name))
}

/// Returns the unused answers of the case, by function name.
fn unasked(run: &Run<'_>, observation: &Observation) -> Vec<String> {
    let answers = &run.inputs.answers;
    if answers.is_empty() || observation.calls_dropped > 0 || matches!(observation.outcome, Outcome::NotRun(_)) {
        return Vec::new();
    }
    let imports = names::imports(run.program.component());
    let is_unasked = |function: &&String| {
        names::find(&imports, function, "import").is_ok_and(|item| {
            let start = format!("{}(", item.name());
            !observation.calls.iter().any(|call| call.starts_with(&start))
        })
    };
    answers.iter().map(|answer| &answer.function).filter(is_unasked).cloned().collect()
}

/// Number of epoch ticks between checks of the size of a guest's files.
const LOOK: u64 = 5;

/// Creates the store of a run, with its limits.
pub(crate) fn ready(
    engine: &Engine,
    limits: &Limits,
    state: State,
    files: Option<&Files>,
) -> Result<Store<State>, Outcome> {
    let mut store = Store::new(engine.wasmtime(), state);
    if let Some(fuel) = limits.fuel {
        store.set_fuel(fuel).map_err(|error| Outcome::NotRun(backtrace::message(&error)))?;
    }
    store.limiter(|state| &mut state.pages);
    let exceeded = files.map(|files| files.exceeded(limits));
    let mut ticks = 0;
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |mut store: StoreHookState<'_, State>| {
        if store.data_mut().watch.is_over(Now::look())? {
            return Ok(UpdateDeadline::Interrupt);
        }
        ticks += 1;
        if let Some(exceeded) = &exceeded
            && ticks % LOOK == 0
            && let Some(stop) = exceeded()
        {
            return Err(stop.into());
        }
        Ok(UpdateDeadline::Continue(1))
    });
    store.data_mut().watch.start(Now::look());
    Ok(store)
}

/// Collects the final state of a run: outputs, calls, handles and files.
pub(crate) fn observation(
    store: &mut Store<State>,
    outcome: Outcome,
    files: Option<&Files>,
    limits: &Limits,
) -> Observation {
    let core = core_boundary::finish(store, &outcome);
    let fuel_left = limits.fuel.and_then(|given| Some((given, store.get_fuel().ok()?)));
    let (handles_left, answered_left) = (store.data_mut().handles_left(), store.data().answered_left());
    let state = store.data();
    let (calls, calls_dropped) = state.take_trace();
    let (outcome, files) = files::left(files, limits.files, outcome);
    Observation {
        stdout: state.stdout().take(),
        stderr: state.stderr().take(),
        calls,
        calls_dropped,
        core_calls: core.calls,
        core_calls_dropped: core.dropped,
        violations: core.violations,
        checked: core.checked,
        given: Arc::new(core.given),
        files,
        pages_initial: state.pages.initial,
        pages_grown: state.pages.grown,
        memory_limit_hit: state.pages.limit_hit,
        fuel_used: fuel_left.map(|(given, left)| given.saturating_sub(left)),
        handles_left,
        answered_left,
        ..Observation::of(outcome)
    }
}

/// Rejects hosts without files, because a guest that misses its files would fail for an unclear reason.
pub(crate) fn no_files(host: &dyn Host) -> Outcome {
    Outcome::NotRun(format!(
        "host `{}` does not support `files`; help: use a host that does (`wasi`, `native`)",
        host.name()
    ))
}

/// Resolves the imports from the host, the Rust code, and the answers of the case, in increasing precedence.
fn link(run: &Run<'_>) -> Result<Linked, String> {
    let mut linker = Cow::Borrowed(run.linker);
    for imports in run.imports {
        imports(linker.to_mut())
            .map_err(|error| format!("the Rust code of `Runner::imports` failed: {}", backtrace::message(&error)))?;
    }
    if !run.inputs.answers.is_empty() {
        answers::define(linker.to_mut(), run.program.component(), &run.inputs.answers, run.host)
            .map_err(|errors| list("invalid `[[import]]` answers in the case", &errors))?;
    }
    let link = || {
        let origin = Origin { component: run.program.binary(), chain: run.chain };
        let main = imports::linked(run.host, &linker, run.program.component(), origin);
        main.map_err(|unmet| unmet.to_string())
    };
    let is_own = matches!(linker, Cow::Owned(_));
    let main = if run.is_one_host && !is_own { run.program.linked(run.host.name(), link)? } else { link()? };
    Ok(if run.reports_calls() {
        Linked::Wrapped(Wrapped::new(run.engine, run.program, &linker)?)
    } else {
        Linked::Plain(main)
    })
}

/// Component with resolved imports.
enum Linked {
    Plain(InstancePre<State>),
    /// Component behind a tracing proxy, which reports each call.
    Wrapped(Wrapped),
}

async fn instantiate(
    run: &Run<'_>,
    linked: &Linked,
    store: &mut Store<State>,
    asynchronous: bool,
) -> wasmtime::Result<Instance> {
    let wrapped;
    let main = match linked {
        Linked::Plain(main) => main,
        Linked::Wrapped(host) => {
            wrapped = host.link(run.program, store, asynchronous).await?;
            &wrapped
        }
    };
    if asynchronous { main.instantiate_async(&mut *store).await } else { main.instantiate(&mut *store) }
}

async fn call(run: &Run<'_>, linked: &Linked, store: &mut Store<State>, returned: &mut Vec<Returned>) -> Outcome {
    let asynchronous = run.host.is_async();
    match instantiate(run, linked, store, asynchronous).await {
        Ok(instance) => {
            let caller = Caller::new(run.program, instance, asynchronous);
            make_calls(caller, run.inputs, run.limits, store, returned).await
        }
        Err(error) => store.data().pages.not_started(&error, run.limits),
    }
}

/// Makes the calls of a case, or calls the command entry point.
pub(crate) async fn make_calls(
    mut caller: Caller<'_>,
    inputs: &Inputs,
    limits: &Limits,
    store: &mut Store<State>,
    returned: &mut Vec<Returned>,
) -> Outcome {
    if inputs.calls.is_empty() {
        return match caller.start(store).await {
            Ok(true) => Outcome::Returned,
            // Same behavior as the commands of wasm runtimes.
            Ok(false) => Outcome::Exit(1),
            Err(failure) => ended(failure, limits),
        };
    }
    for call in &inputs.calls {
        store.data().before(call);
        let before = store.data().stdout().len();
        match caller.call(&mut *store, &call.invoke).await {
            Ok(value) => {
                let printed = store.data().stdout().since(before);
                returned.push(Returned { invoke: call.invoke.clone(), value, printed });
            }
            Err(failure) => return ended(failure, limits),
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
