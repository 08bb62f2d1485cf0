//! A run on an external host: converts its messages to an observation.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use polyfill_builder::case::Proposal;
use polyfill_builder::descriptor::Capability;
use polyfill_builder::system::{PrivateDir, private_dir};
use wasmtime::component::{Type, Val};

use super::process::{Lost, Process};
use super::protocol::{Called, Ended, Event, Request, Returned as Finished, unhex};
use super::{RemoteHost, request, values};
use crate::backtrace;
use crate::files::{self, Files};
use crate::host::{Output, Stop, Trace};
use crate::inputs::{Inputs, Sinks};
use crate::limits::Limits;
use crate::names::{self, Item};
use crate::observation::{Observation, Outcome, Returned, TrapInfo};
use crate::program::Program;
use crate::values::{bytes_text, result_text, value_text};

/// Time limit for preparing a component, before the guest starts.
const PREPARATION: Duration = Duration::from_secs(300);

/// Interval between checks of the size of a guest's files.
const LOOK: Duration = Duration::from_millis(100);

/// Component with its inputs and limits.
#[derive(Clone, Copy)]
pub struct RemoteRun<'a> {
    /// Component, compiled to determine its types.
    pub program: &'a Program,
    /// Path of its file. `None` writes a temporary file for the run.
    pub file: Option<&'a Path>,
    /// Inputs of the guest.
    pub inputs: &'a Inputs,
    /// Resource limits.
    pub limits: &'a Limits,
    /// Proposals that the case enables.
    pub proposals: &'a BTreeSet<Proposal>,
}

impl RemoteHost {
    /// Runs a component to its end.
    pub fn observe(&self, run: &RemoteRun<'_>, sinks: Sinks) -> Observation {
        if let Some(why) = self.refuses(run.program, run.inputs) {
            return Observation::of(Outcome::NotRun(why));
        }
        let files = match Files::lay_out(run.inputs, run.limits) {
            Ok(files) => files,
            Err(error) => return Observation::of(Outcome::NotRun(error.to_string())),
        };
        let mut written = None;
        let request = component_file(run, &mut written).and_then(|file| request::run(run, &file, files.as_ref()));
        let request = match request {
            Ok(request) => Request::Run(Box::new(request)),
            Err(why) => return Observation::of(Outcome::NotRun(format!("host `{}`: {why}", self.name))),
        };
        let mut progress = Progress::new(self, run, sinks);
        let outcome =
            match self.take().and_then(|process| self.listen(process, &request, &mut progress, files.as_ref())) {
                Ok(outcome) => outcome,
                Err(Lost(why)) => Outcome::HostFailed(self.failed(&why)),
            };
        let (outcome, files) = files::left(files.as_ref(), run.limits.files, outcome);
        let (calls, calls_dropped) = progress.trace.take();
        Observation {
            returned: progress.returned,
            stdout: progress.stdout.take(),
            stderr: progress.stderr.take(),
            calls,
            calls_dropped,
            calls_recorded: self.has(Capability::RecordsCalls),
            imports: run.program.imports().to_vec(),
            core_interfaces: run.program.core_interfaces().to_vec(),
            files,
            pages_initial: progress.pages[0],
            pages_grown: progress.pages[1],
            ..Observation::of(outcome)
        }
    }

    /// Requests a run and handles the host's messages until its end. If the run has to be stopped early, the process is
    /// killed and the next run uses another one.
    fn listen(
        &self,
        mut process: Process,
        request: &Request,
        progress: &mut Progress<'_>,
        files: Option<&Files>,
    ) -> Result<Outcome, Lost> {
        process.send(request)?;
        let limits = progress.run.limits;
        let exceeded = files.map(|files| files.exceeded(limits));
        let mut deadline = Instant::now() + PREPARATION;
        let mut started = false;
        let mut look = Instant::now() + LOOK;
        loop {
            let until = if exceeded.is_some() { deadline.min(look) } else { deadline };
            match process.receive(until)? {
                Some(Event::Started) => {
                    started = true;
                    progress.started = true;
                    deadline = Instant::now() + limits.timeout;
                }
                Some(event) => match progress.take(event) {
                    Ok(Effect::Something) => {}
                    Ok(Effect::NoReturn) => process.unwinds(),
                    Ok(Effect::End(outcome)) => {
                        self.give_back(process.settled()?);
                        return Ok(outcome);
                    }
                    Err(Refused::Stop(stop)) => return Ok(stop.outcome()),
                    Err(Refused::Nonsense(why)) => return Err(process.lost(why)),
                },
                None => {}
            }
            let now = Instant::now();
            if now >= deadline && !started {
                let seconds = PREPARATION.as_secs();
                return Err(process.lost(format!("no `started` message within {seconds} s")));
            }
            if now >= deadline {
                let milliseconds = limits.timeout.as_millis() as u64;
                return Ok(Outcome::Timeout { milliseconds, used: None, frames: Vec::new() });
            }
            if now >= look {
                look = now + LOOK;
                if let Some(stop) = exceeded.as_ref().and_then(|exceeded| exceeded()) {
                    return Ok(stop.outcome());
                }
            }
        }
    }
}

/// Returns the path of the component's file. A temporary file lives as long as `written`.
fn component_file(run: &RemoteRun<'_>, written: &mut Option<PrivateDir>) -> Result<PathBuf, String> {
    if let Some(file) = run.file {
        return Ok(file.to_path_buf());
    }
    let write = || {
        let folder = private_dir()?;
        let file = folder.path().join("component.wasm");
        fs::write(&file, run.program.binary()).map(|()| (folder, file))
    };
    let (folder, file) = write().map_err(|error| format!("cannot write the component to a file: {error}"))?;
    *written = Some(folder);
    Ok(file)
}

/// Reason for ending a run early.
enum Refused {
    /// The guest exceeded a limit.
    Stop(Stop),
    /// The host sent an invalid message.
    Nonsense(String),
}

/// Effect of a message on the run.
enum Effect {
    Something,
    /// A call by the guest did not return.
    NoReturn,
    End(Outcome),
}

/// State of a run.
struct Progress<'a> {
    host: &'a RemoteHost,
    run: &'a RemoteRun<'a>,
    imports: Vec<Item>,
    started: bool,
    returned: Vec<Returned>,
    /// Set if the command's `run` returned an error.
    failed: bool,
    stdout: Output,
    /// Length of standard output when the last call returned.
    printed: usize,
    stderr: Output,
    trace: Trace,
    pages: [u64; 2],
}

impl<'a> Progress<'a> {
    fn new(host: &'a RemoteHost, run: &'a RemoteRun<'a>, sinks: Sinks) -> Self {
        Self {
            host,
            run,
            imports: names::imports(run.program.component()),
            started: false,
            returned: Vec::new(),
            failed: false,
            stdout: Output::new("output", sinks.stdout, run.limits.output),
            printed: 0,
            stderr: Output::new("error", sinks.stderr, run.limits.output),
            trace: Trace::default(),
            pages: [0, 0],
        }
    }

    /// Handles a message that is allowed in the state of the process.
    fn take(&mut self, event: Event) -> Result<Effect, Refused> {
        let bytes = |text: &str| {
            unhex(text).ok_or_else(|| Refused::Nonsense("output is not a sequence of hexadecimal digit pairs".into()))
        };
        match event {
            Event::Hello(_) | Event::Started => {}
            Event::Stdout(text) => self.stdout.write(&bytes(&text)?).map_err(Refused::Stop)?,
            Event::Stderr(text) => self.stderr.write(&bytes(&text)?).map_err(Refused::Stop)?,
            Event::Call(called) => {
                self.declared(Capability::RecordsCalls, "message `call`").map_err(Refused::Nonsense)?;
                let (text, returns) = call_text(&self.imports, &called).map_err(Refused::Nonsense)?;
                self.trace.push(text);
                return Ok(if returns { Effect::Something } else { Effect::NoReturn });
            }
            Event::Returned(returned) => self.returned(returned).map_err(Refused::Nonsense)?,
            Event::End(end) => {
                self.pages(end.pages).map_err(Refused::Nonsense)?;
                return self.ended(end.outcome).map(Effect::End).map_err(Refused::Nonsense);
            }
        }
        Ok(Effect::Something)
    }

    /// Checks that the descriptor declares the capability that a message requires.
    fn declared(&self, capability: Capability, message: &str) -> Result<(), String> {
        if self.host.has(capability) {
            Ok(())
        } else {
            Err(format!("{message}: the descriptor does not declare the capability `{}`", capability.name()))
        }
    }

    fn pages(&mut self, pages: Option<[u64; 2]>) -> Result<(), String> {
        match pages {
            Some(_) => self.declared(Capability::Pages, "message `end` with `pages`")?,
            None if self.started && self.host.has(Capability::Pages) => {
                return Err("message `end` without `pages`: the descriptor declares the capability `pages`".into());
            }
            None => {}
        }
        self.pages = pages.unwrap_or_default();
        Ok(())
    }

    fn returned(&mut self, Finished { invoke, value }: Finished) -> Result<(), String> {
        let calls = &self.run.inputs.calls;
        let exports = self.run.program.exports();
        let expected = calls.get(self.returned.len()).map_or(request::RUN, |call| &call.invoke);
        if let Some(invoke) = invoke.filter(|invoke| invoke != expected) {
            return Err(format!("message `returned` for the call `{invoke}`: expected `{expected}`"));
        }
        if calls.is_empty() {
            let item = crate::call::start(exports).map_err(|error| error.to_string())?;
            self.failed = matches!(result(item, value)?, Some(Val::Result(Err(_))));
            return Ok(());
        }
        let call = calls.get(self.returned.len()).ok_or("more `returned` messages than calls")?;
        let item = request::called(self.run.program, &call.invoke)?;
        let value = result(item, value)?.map(|value| result_text(&value, &mut Vec::new()));
        let printed = self.stdout.since(self.printed);
        self.printed += printed.len();
        self.returned.push(Returned { invoke: call.invoke.clone(), value, printed });
        Ok(())
    }

    fn ended(&self, ended: Ended) -> Result<Outcome, String> {
        Ok(match ended {
            // As the commands of the runtimes do.
            Ended::Returned if self.failed => Outcome::Exit(1),
            Ended::Returned => Outcome::Returned,
            Ended::Exit(_) if self.imports.is_empty() => {
                return Err("`end` with `exit`: the component imports no function that can exit".into());
            }
            Ended::Exit(code) => Outcome::Exit(code),
            Ended::Trap(info) => Outcome::Trap(readable(info)),
            Ended::HostError(info) => Outcome::HostError(readable(info)),
            Ended::Limit { limit, message } => Outcome::Limit { limit, message },
            Ended::NotRun(why) => Outcome::NotRun(why),
        })
    }
}

/// Demangles function names as the built-in hosts do.
fn readable(mut info: TrapInfo) -> TrapInfo {
    for frame in &mut info.frames {
        frame.function = backtrace::demangle(&frame.function);
    }
    info
}

/// Parses the result of a function, if it has one.
fn result(item: &Item, value: Option<serde_json::Value>) -> Result<Option<Val>, String> {
    let context = |why: String| format!("result of `{}`: {why}", item.name());
    match (item.ty.results().next(), value) {
        (None, None) => Ok(None),
        (Some(ty), Some(value)) => values::from_json(&ty, &value).map(Some).map_err(context),
        (None, Some(_)) => Err(context("the function has no result".into())),
        (Some(_), None) => Err(context("missing".into())),
    }
}

/// Formats a call for the trace. The flag is false if the call did not return a result that the function has.
fn call_text(imports: &[Item], called: &Called) -> Result<(String, bool), String> {
    let name = names::full(called.instance.as_deref(), &called.function);
    let item = imports.iter().find(|item| item.name() == name);
    let item = item.ok_or_else(|| format!("call of `{name}`, which the component does not import"))?;
    if item.ty.params().len() != called.arguments.len() {
        return Err(format!("call of `{name}` with {} argument(s)", called.arguments.len()));
    }
    let context = |why: String| format!("call of `{name}`: {why}");
    let types = item.ty.params().map(|(_, ty)| ty);
    let arguments =
        types.zip(&called.arguments).map(|(ty, json)| values::from_json(&ty, json).map(|value| text(&ty, &value)));
    let arguments: Vec<String> = arguments.collect::<Result<_, _>>().map_err(context)?;
    let (result, returns) = match (&called.result, item.ty.results().next()) {
        (Some(json), Some(ty)) => {
            let value = values::from_json(&ty, json).map_err(context)?;
            (format!(" -> {}", text(&ty, &value)), true)
        }
        (Some(_), None) => return Err(format!("call of `{name}` with a result, but the function has none")),
        (None, Some(_)) => (String::new(), false),
        (None, None) => (String::new(), true),
    };
    Ok((format!("{name}({}){result}", arguments.join(", ")), returns))
}

/// Formats a value as the built-in hosts do: an empty list of bytes is shown as bytes.
fn text(ty: &Type, value: &Val) -> String {
    match (ty, value) {
        (Type::List(list), Val::List(values)) if values.is_empty() && list.ty() == Type::U8 => bytes_text(b""),
        _ => value_text(value),
    }
}
