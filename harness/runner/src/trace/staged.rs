//! Prepares a component on its host once and runs it many times, with a host mock that may respond in the host's place
//! and with a failing growth of memory.

use wasmtime::component::Linker;

use super::script::Script;
use super::wrap::Wrapped;
use super::{Detail, Trace};
use crate::call::Caller;
use crate::engine::Engine;
use crate::files::Files;
use crate::host::{Host, State};
use crate::inputs::{Inputs, Sinks};
use crate::limits::Limits;
use crate::observation::{Observation, Outcome};
use crate::program::Program;
use crate::{backtrace, drive, imports, observe};
use polyfill_builder::index::Sanitize;

/// Component prepared for repeated runs.
pub struct Staged<'a> {
    engine: &'a Engine,
    program: Program,
    wrapped: Wrapped,
    inputs: Inputs,
    limits: Limits,
    sanitize: Option<Sanitize>,
}

/// Result of a run.
#[derive(Clone, Debug)]
pub struct StagedRun {
    /// Observation without the trace.
    pub observation: Observation,
    /// Calls of the run with full values.
    pub trace: Trace,
    /// Names of the handles that the component has not dropped.
    pub held: Vec<String>,
    /// Requested growths of memories, in order.
    pub growths: Vec<Growth>,
}

/// Growth of a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    /// Index in the trace of the innermost call during the growth.
    pub within: Option<usize>,
}

impl<'a> Staged<'a> {
    /// Links the component to the host. `linker` is the host's, as returned by [`host_linker`](crate::host_linker).
    ///
    /// # Errors
    ///
    /// Returns a message for hosts with asynchronous functions, for cases that mock imports, for preopens on a host
    /// without files, and if the host does not define all imports.
    pub fn new(
        engine: &'a Engine,
        program: &Program,
        host: &dyn Host,
        linker: &Linker<State>,
        inputs: Inputs,
        limits: Limits,
        sanitize: Option<Sanitize>,
    ) -> Result<Self, String> {
        if host.is_async() {
            return Err(format!("host `{}` has asynchronous functions, which are not supported here", host.name()));
        }
        if !inputs.answers.is_empty() {
            return Err("the case mocks imports, which is not supported here".into());
        }
        if inputs.preopens.is_some() && !host.has_files() {
            return Err(observe::no_files(host).to_string());
        }
        let origin = crate::skew::Origin { component: program.binary(), chain: "" };
        imports::linked(host, linker, program.component(), origin).map_err(|unmet| unmet.to_string())?;
        let wrapped = Wrapped::new(engine, program, linker)?;
        Ok(Self { engine, program: program.clone(), wrapped, inputs, limits, sanitize })
    }

    /// Returns the component.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Runs the component to its end. The growth of a memory with index `refused`, from 0, fails.
    pub fn run(&self, script: Option<Box<dyn Script>>, refused: Option<usize>) -> StagedRun {
        self.try_run(script, refused).unwrap_or_else(|outcome| StagedRun {
            observation: Observation::of(outcome),
            trace: Trace::default(),
            held: Vec::new(),
            growths: Vec::new(),
        })
    }

    fn try_run(&self, script: Option<Box<dyn Script>>, refused: Option<usize>) -> Result<StagedRun, Outcome> {
        let not_run = |error: wasmtime::Error| Outcome::NotRun(backtrace::message(&error));
        let Self { inputs, limits, .. } = self;
        let files = Files::lay_out(inputs, limits).map_err(|error| Outcome::NotRun(error.to_string()))?;
        let check = self.sanitize.as_ref();
        let mut state =
            State::new(inputs, Sinks::default(), limits, check, files.as_ref(), Detail::Full).map_err(not_run)?;
        let call = state.tape().innermost();
        state.pages.call = call;
        state.pages.refused = refused;
        if let Some(script) = script {
            state.tape().follow(script);
        }
        let _room = self.engine.room();
        let mut store = observe::ready(self.engine, limits, state, files.as_ref())?;
        // Each report passes all of main's memory.
        store.set_hostcall_fuel(limits.memory.saturating_mul(2));
        let mut returned = Vec::new();
        let run = async {
            let linked = self.wrapped.link(&self.program, &mut store, false).await.map_err(not_run)?;
            Ok(match linked.instantiate(&mut store) {
                Ok(instance) => {
                    let caller = Caller::new(&self.program, instance, false);
                    observe::make_calls(caller, inputs, limits, &mut store, &mut returned).await
                }
                Err(error) => store.data().pages.not_started(&error, limits),
            })
        };
        let outcome = drive::drive_at_once(run)?;
        let trace = store.data().tape().finish();
        let held = store.data().tape().held();
        let growths = store.data().pages.calls.iter().map(|call| Growth { within: call.checked_sub(1) }).collect();
        let observed = observe::observation(&mut store, outcome, files.as_ref(), limits);
        let observation = Observation { returned, ..observed };
        Ok(StagedRun { observation, trace, held, growths })
    }
}
