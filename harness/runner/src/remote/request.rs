//! `run` requests: the exports and imports that a case names, with their types and values.

use std::path::Path;

use polyfill_builder::case::Answer;
use serde_json::Value;
use wasmtime::component::{Type, Val};

use super::RemoteRun;
use super::protocol::{self, Call, Clock, Preopen, Random, Run, hex};
use super::values;
use crate::call;
use crate::engine;
use crate::files::Files;
use crate::handles;
use crate::host::{Clock as OurClock, WALL_CLOCK_SECONDS};
use crate::inputs::Inputs;
use crate::names::{self, Item};
use crate::program::Program;

/// Text of the call of a command in requests.
pub(super) const RUN: &str = "run()";

/// Creates the `run` request, or returns the reason why the run cannot be expressed.
pub(super) fn run(run: &RemoteRun<'_>, file: &Path, files: Option<&Files>) -> Result<Run, String> {
    let RemoteRun { program, file: _, inputs, limits, proposals } = *run;
    let imports = names::imports(program.component());
    let preopens = files.map_or(&[][..], |files| &files.preopens).iter().map(|opened| Preopen {
        name: opened.name.clone(),
        folder: opened.folder.display().to_string(),
        read_only: opened.read_only,
    });
    Ok(Run {
        component: file.display().to_string(),
        hash: hex(&engine::hash(program.binary())),
        args: inputs.args.clone(),
        env: inputs.env.clone(),
        stdin: hex(&inputs.stdin),
        preopens: preopens.collect(),
        random: Random::of(inputs.seed.as_ref()),
        clock: Clock { wall: WALL_CLOCK_SECONDS, step: OurClock::default().resolution() },
        calls: calls(program, inputs)?,
        answers: inputs.answers.iter().map(|given| answer(&imports, given)).collect::<Result<_, _>>()?,
        limits: protocol::Limits {
            milliseconds: limits.timeout.as_millis() as u64,
            memory: limits.memory,
            output: limits.output,
            handles: limits.handles,
        },
        wasm: proposals.clone(),
    })
}

/// Returns the export of a call expression.
pub(super) fn called<'a>(program: &'a Program, invoke: &str) -> Result<&'a Item, String> {
    let (name, _) = call::parse(invoke).ok_or_else(|| call::CallError::Syntax { invoke: invoke.into() }.to_string())?;
    names::find(program.exports(), name, "export").map_err(|error| error.to_string())
}

fn calls(program: &Program, inputs: &Inputs) -> Result<Vec<Call>, String> {
    if inputs.calls.is_empty() {
        let item = call::start(program.exports()).map_err(|error| error.to_string())?;
        return Ok(vec![Call { function: values::function(item)?, arguments: Vec::new(), invoke: RUN.into() }]);
    }
    let call = |invoke: &String| {
        let item = called(program, invoke)?;
        let (_, arguments) = call::parse(invoke).unwrap_or_default();
        let values = call::values(item, &arguments, invoke, &mut no_handle).map_err(|error| error.to_string())?;
        let arguments = values.iter().map(values::to_json).collect();
        Ok(Call { function: values::function(item)?, arguments, invoke: invoke.clone() })
    };
    inputs.calls.iter().map(|each| call(&each.invoke)).collect()
}

fn answer(imports: &[Item], given: &Answer) -> Result<protocol::Answer, String> {
    let item = names::find(imports, &given.function, "import").map_err(|error| error.to_string())?;
    let value = |text: &String| -> Result<Value, String> {
        let ty = item
            .ty
            .results()
            .next()
            .ok_or_else(|| format!("`{}` has no result; help: remove `returns`", item.name()))?;
        let value = handles::parse(&ty, text, &mut no_handle);
        value.map(|value| values::to_json(&value)).map_err(|why| format!("`returns` of `{}`: {why}", item.name()))
    };
    let returns: Vec<Value> = given.returns.iter().map(value).collect::<Result<_, _>>()?;
    if returns.is_empty() && item.ty.results().len() > 0 && given.trap_at != Some(1) {
        return Err(format!("`{}` has a result; help: add `returns`", item.name()));
    }
    let function = values::function(item)?;
    Ok(protocol::Answer { function, returns, print: given.print.clone(), trap_at: given.trap_at })
}

fn no_handle(_: &Type, text: &str) -> Result<Val, String> {
    Err(format!("`{text}`: handles cannot be passed to an external host"))
}
