//! Instantiates a component, calls it, and writes down what it did.

use std::borrow::Cow;
use std::fmt::Display;
use std::ops::Range;
use std::sync::Arc;

use polyfill_build::index::Sanitize;
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
use crate::limits::Limits;
use crate::names::{self, Item};
use crate::observation::{Observation, Outcome, Returned};
use crate::program::Program;
use crate::skew::Origin;
use crate::time::{Now, TrialTime};
use crate::trace::Detail;
use crate::trace::wrap::Wrapped;
use crate::{answers, core_boundary, imports};

/// Rust code that answers imports of a guest.
pub type Imports = Arc<dyn Fn(&mut Linker<State>) -> wasmtime::Result<()> + Send + Sync>;

/// A component and what it is run with.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// The engine that has compiled the component.
    pub engine: &'a Engine,
    /// The component.
    pub program: &'a Program,
    /// The stack that it was made with, for messages; empty where that is not known.
    pub stack: &'a str,
    /// The host.
    pub host: &'a dyn Host,
    /// Its functions on that engine, as [`host_linker`] gives them: one does for all runs.
    pub linker: &'a Linker<State>,
    /// On this engine there is no other host of that name, so that a component is linked with it once.
    pub is_one_host: bool,
    /// Rust code that answers imports, beside the host.
    pub imports: &'a [Imports],
    /// Everything that the guest gets to see.
    pub inputs: &'a Inputs,
    /// How much it may use.
    pub limits: &'a Limits,
    /// Time of the trial, for this run and those after it.
    pub time: &'a TrialTime,
    /// What checks of calls have to know, if the component reports them.
    pub sanitize: Option<&'a Sanitize>,
    /// How much of its calls is kept as [`Observation::trace`].
    pub detail: Detail,
}

impl Run<'_> {
    /// Calls are told of: for a trace, or for checks.
    fn is_told(&self) -> bool {
        self.detail != Detail::Off || self.sanitize.is_some()
    }
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
    Ok(run_program(engine, &engine.program(component)?, host, inputs, limits, Detail::Off, sinks))
}

/// The same with one that is compiled.
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
        stack: "",
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

/// A linker with a host's functions, and those that interposers report to. What is defined later goes before them.
pub fn host_linker(engine: &Engine, host: &dyn Host) -> Result<Linker<State>, String> {
    let mut linker = Linker::new(engine.wasmtime());
    host.add_to_linker(&mut linker)
        .map_err(|error| format!("host `{}` cannot be set up: {}", host.name(), backtrace::message(&error)))?;
    linker.allow_shadowing(true);
    core_boundary::add_to_linker(&mut linker)
        .map_err(|error| format!("what interposers report to cannot be set up: {}", backtrace::message(&error)))?;
    Ok(linker)
}

/// Runs a component to its end, whatever that is.
pub fn observe(run: &Run<'_>, sinks: Sinks) -> Observation {
    observe_as(run, sinks, &Looks::default())
}

/// What a second run is for.
pub(crate) struct Looks<'w> {
    /// Bytes of main's memory, each with the number of the call whose writes to them are looked for. The component tells of
    /// those ([`polyfill_encoder::watch`]).
    pub watched: &'w [(u64, Range<u64>)],
    /// What lies where nobody has written.
    pub pattern: u8,
}

impl Default for Looks<'_> {
    fn default() -> Self {
        Self { watched: &[], pattern: PATTERNS[0] }
    }
}

/// The same, looking for more.
pub(crate) fn observe_as(run: &Run<'_>, sinks: Sinks, looks: &Looks<'_>) -> Observation {
    // By a relay, for traces and for checks.
    let told = run.is_told();
    let limits = &run.limits.within(run.time.left(), told);
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
    // The guest's time does not begin before it does.
    let linked = link(run);
    let mut store = match ready(run.engine, run.limits, state, files.as_ref()) {
        Ok(store) => store,
        Err(outcome) => return Observation::of(outcome),
    };
    if told {
        // Each report shows all of main's memory.
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
        violation.adapter = run.stack.to_string();
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

/// Whether the case answers every function that the component imports, so that all calls are recorded.
fn answers_all(run: &Run<'_>) -> bool {
    let imports = names::imports(run.program.component());
    let answered: Vec<String> = (run.inputs.answers.iter())
        .filter_map(|answer| names::find(&imports, &answer.function, "import").ok().map(Item::name))
        .collect();
    let imported = run.program.imports();
    // Without imports there is nothing to record, whatever the host.
    !imported.is_empty() && imported.iter().all(|name| answered.contains(name))
}

/// The answers of the case that no call has asked for, by the functions' names in the case.
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

/// Ticks between two looks at the size of a guest's files.
const LOOK: u64 = 5;

/// A store for a run, with its limits.
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

/// What a run has left behind in its state and its folder.
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
        looked_at: core.looked_at,
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

/// A guest that looks in vain for files would fail for a reason that nobody sees.
pub(crate) fn no_files(host: &dyn Host) -> Outcome {
    Outcome::NotRun(format!(
        "host `{}` has no files, which the case has: name hosts that do (`wasi`, `native`)",
        host.name()
    ))
}

/// The component with the host's functions, the answers in Rust, and those of the case, the later ones first in rank.
fn link(run: &Run<'_>) -> Result<Linked, String> {
    let mut linker = Cow::Borrowed(run.linker);
    for imports in run.imports {
        imports(linker.to_mut())
            .map_err(|error| format!("the code that answers imports failed: {}", backtrace::message(&error)))?;
    }
    if !run.inputs.answers.is_empty() {
        answers::define(linker.to_mut(), run.program.component(), &run.inputs.answers, run.host.is_async())
            .map_err(|errors| list("the answers of the case do not fit", &errors))?;
    }
    let link = || {
        let origin = Origin { component: run.program.binary(), stack: run.stack };
        let main = imports::linked(run.host.name(), &linker, run.program.component(), origin);
        main.map_err(|unmet| unmet.to_string())
    };
    let is_own = matches!(linker, Cow::Owned(_));
    let main = if run.is_one_host && !is_own { run.program.linked(run.host.name(), link)? } else { link()? };
    Ok(match run.is_told() {
        false => Linked::Plain(main),
        true => Linked::Wrapped(Wrapped::new(run.engine, run.program, &linker)?),
    })
}

/// A component with all that it imports.
enum Linked {
    Plain(InstancePre<State>),
    /// Through a relay, which tells of each call.
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
    match asynchronous {
        true => main.instantiate_async(&mut *store).await,
        false => main.instantiate(&mut *store),
    }
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

/// Makes the calls of a case, or the one that starts a command.
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
            // As the runtimes' own commands do.
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
