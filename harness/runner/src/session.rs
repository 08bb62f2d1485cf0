//! Guest that is driven step by step, by callers that choose the next call from earlier results.
//!
//! The guest has the same inputs, limits and private directory as in a run. If all calls are known in advance, use
//! [`observe`](crate::observe()) or [`observe_native`](crate::observe_native).

use wasmtime::component::InstancePre;
use wasmtime::{Module, Store};

use crate::backtrace;
use crate::engine::Engine;
use crate::files::Files;
use crate::host::State;
use crate::inputs::{Inputs, Sinks};
use crate::limits::Limits;
use crate::native::{self, NativeRun};
use crate::observation::{Observation, Outcome};
use crate::observe::{observation, ready};
use crate::trace::Detail;

/// Guest between two calls. `I` is its instance: of a component, or of a core module.
pub struct Session<I> {
    store: Store<State>,
    instance: I,
    files: Option<Files>,
    limits: Limits,
}

impl Session<wasmtime::component::Instance> {
    /// Instantiates a component on the host that it was linked with, which must not have asynchronous functions.
    /// Returns the outcome if the guest ends during instantiation.
    ///
    /// # Errors
    ///
    /// The outcome of a guest that ended before its first call.
    pub fn adapted(
        engine: &Engine,
        linked: &InstancePre<State>,
        inputs: &Inputs,
        limits: &Limits,
    ) -> Result<Self, Outcome> {
        let files = lay_out(inputs, limits)?;
        let state = State::new(inputs, Sinks::default(), limits, None, files.as_ref(), Detail::Off).map_err(not_run)?;
        let mut store = ready(engine, limits, state, files.as_ref())?;
        let instance =
            linked.instantiate(&mut store).map_err(|error| store.data().pages.not_started(&error, limits))?;
        Ok(Session { store, instance, files, limits: limits.clone() })
    }
}

impl Session<wasmtime::Instance> {
    /// Instantiates a core module on the host `native`. Returns the outcome if the guest ends during instantiation.
    ///
    /// # Errors
    ///
    /// The outcome of a guest that ended before its first call.
    pub fn native(engine: &Engine, module: &Module, inputs: &Inputs, limits: &Limits) -> Result<Self, Outcome> {
        let files = lay_out(inputs, limits)?;
        let state = State::native(inputs, Sinks::default(), limits, files.as_ref()).map_err(not_run)?;
        let mut store = ready(engine, limits, state, files.as_ref())?;
        let run = NativeRun { engine, module, inputs, limits };
        let linker = native::link(&run, &mut store).map_err(Outcome::NotRun)?;
        let instance = linker.instantiate(&mut store, module);
        let instance = instance.map_err(|error| store.data().pages.not_started(&error, limits))?;
        Ok(Session { store, instance, files, limits: limits.clone() })
    }
}

impl<I> Session<I> {
    /// Returns the store and the instance, for calls.
    pub fn parts(&mut self) -> (&mut Store<State>, &I) {
        (&mut self.store, &self.instance)
    }

    /// Returns the outcome for an error from a call.
    pub fn ended(&self, error: &wasmtime::Error) -> Outcome {
        backtrace::outcome(error, &self.limits)
    }

    /// Returns the final observation.
    pub fn finish(mut self, outcome: Outcome) -> Observation {
        observation(&mut self.store, outcome, self.files.as_ref(), &self.limits)
    }
}

fn lay_out(inputs: &Inputs, limits: &Limits) -> Result<Option<Files>, Outcome> {
    Files::lay_out(inputs, limits).map_err(|error| Outcome::NotRun(error.to_string()))
}

fn not_run(error: wasmtime::Error) -> Outcome {
    Outcome::NotRun(backtrace::message(&error))
}
