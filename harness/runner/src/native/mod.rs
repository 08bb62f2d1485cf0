//! Host `native`: runs a guest's core module on wasmtime-wasi's `wasi_snapshot_preview1`, without an adapter.
//!
//! This host is the reference for the behavior of adapters. Arguments, streams, files, clocks and random bytes are the
//! same as on the host `wasi`, with the same isolation.

pub(crate) mod files;
mod numbers;
mod sleep;

use polyfill_builder::case::Call;
use wasmtime::{Extern, ExternType, Instance, Linker, Module, Store};

use crate::backtrace;
use crate::engine::Engine;
use crate::files::Files;
use crate::host::State;
use crate::inputs::{Inputs, Sinks};
use crate::limits::Limits;
use crate::observation::{Observation, Outcome, Returned};
use crate::observe::{observation, ready};

/// The only supported import module.
const IMPORT_MODULE: &str = "wasi_snapshot_preview1";

/// A core module and the environment of its run.
#[derive(Clone, Copy)]
pub struct NativeRun<'a> {
    /// Engine that compiled the module.
    pub engine: &'a Engine,
    /// The module.
    pub module: &'a Module,
    /// Inputs of the guest.
    pub inputs: &'a Inputs,
    /// Limits of the run.
    pub limits: &'a Limits,
}

/// Runs a core module and returns the observation, whatever the outcome.
pub fn observe_native(run: &NativeRun<'_>, sinks: Sinks) -> Observation {
    let files = match Files::lay_out(run.inputs, run.limits) {
        Ok(files) => files,
        Err(error) => return Observation::of(Outcome::NotRun(error.to_string())),
    };
    let state = match State::native(run.inputs, sinks, run.limits, files.as_ref()) {
        Ok(state) => state,
        Err(error) => return Observation::of(Outcome::NotRun(backtrace::message(&error))),
    };
    let _room = run.engine.room();
    let mut store = match ready(run.engine, run.limits, state, files.as_ref()) {
        Ok(store) => store,
        Err(outcome) => return Observation::of(outcome),
    };
    let mut returned = Vec::new();
    let outcome = link(run, &mut store).and_then(|linker| call(run, &linker, &mut store, &mut returned));
    let outcome = outcome.unwrap_or_else(Outcome::NotRun);
    let mut imports: Vec<String> =
        run.module.imports().map(|import| format!("{}.{}", import.module(), import.name())).collect();
    imports.sort();
    imports.dedup();
    Observation { returned, imports, ..observation(&mut store, outcome, files.as_ref(), run.limits) }
}

/// Returns a linker with all supported functions. The error lists all unsupported imports of the module.
pub(crate) fn link(run: &NativeRun<'_>, store: &mut Store<State>) -> Result<Linker<State>, String> {
    let mut linker = Linker::new(run.engine.wasmtime());
    wasmtime_wasi::p1::add_to_linker_sync(&mut linker, State::preview1)
        .and_then(|()| sleep::add_to_linker(run.engine, &mut linker, store))
        .and_then(|()| files::add_to_linker(run.engine, &mut linker, store))
        .map_err(|error| format!("cannot set up host `native`: {}", backtrace::message(&error)))?;
    let mut missing: Vec<String> = run
        .module
        .imports()
        .filter(|import| linker.get(&mut *store, import.module(), import.name()).is_err())
        .map(|import| format!("{}.{}", import.module(), import.name()))
        .collect();
    missing.sort();
    missing.dedup();
    match missing[..] {
        [] => Ok(linker),
        _ => Err(format!("host `native` only provides `{IMPORT_MODULE}`; unsatisfied imports: {}", missing.join(", "))),
    }
}

fn call(
    run: &NativeRun<'_>,
    linker: &Linker<State>,
    store: &mut Store<State>,
    returned: &mut Vec<Returned>,
) -> Result<Outcome, String> {
    let instance = match linker.instantiate(&mut *store, run.module) {
        Ok(instance) => instance,
        Err(error) => return Ok(store.data().pages.not_started(&error, run.limits)),
    };
    // A module without `_start` is a reactor: call `_initialize` if it exists, then the functions of the case.
    let start;
    let calls: &[Call] = match (run.inputs.calls.is_empty(), has_start(run.module)) {
        (true, true) => {
            start = [Call::of("_start()")];
            &start
        }
        (true, false) => {
            return Err("the module exports no `_start`; help: add a `[[call]]` to the case".into());
        }
        (false, _) => &run.inputs.calls,
    };
    if let Some(Extern::Func(begin)) = instance.get_export(&mut *store, "_initialize")
        && let Err(error) = begin.call(&mut *store, &[], &mut [])
    {
        return Ok(backtrace::outcome(&error, run.limits));
    }
    for call in calls {
        let invoke = &call.invoke;
        store.data().before(call);
        let before = store.data().stdout().len();
        match invoke_one(&instance, store, invoke)? {
            Ok(value) => {
                let printed = store.data().stdout().since(before);
                returned.push(Returned { invoke: invoke.to_string(), value, printed });
            }
            Err(error) => return Ok(backtrace::outcome(&error, run.limits)),
        }
    }
    if run.inputs.calls.is_empty() {
        returned.clear();
    }
    Ok(Outcome::Returned)
}

fn has_start(module: &Module) -> bool {
    matches!(module.get_export("_start"), Some(ExternType::Func(_)))
}

/// Calls an export with numbers. Returns its result, or the error that ended the guest.
fn invoke_one(
    instance: &Instance,
    store: &mut Store<State>,
    invoke: &str,
) -> Result<Result<Option<String>, wasmtime::Error>, String> {
    let (name, arguments) = numbers::parse_call(invoke)?;
    let function = instance
        .get_func(&mut *store, name)
        .ok_or_else(|| format!("`{invoke}`: the core module exports no function `{name}`"))?;
    let ty = function.ty(&*store);
    let arguments = numbers::arguments(invoke, &ty, &arguments)?;
    let mut results: Vec<_> = ty
        .results()
        .map(|ty| numbers::zero(&ty))
        .collect::<Option<_>>()
        .ok_or_else(|| format!("`{invoke}`: host `native` supports only numeric results"))?;
    Ok(function.call(&mut *store, &arguments, &mut results).map(|()| numbers::text(&results)))
}
