//! Command `polyfill run`.

mod file;
mod guest;

use std::collections::{BTreeMap, BTreeSet};
use std::iter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Error, bail};
use polyfill_abi::Descriptions;
use polyfill_builder::Suite;
use polyfill_builder::case::{Answer, Call, LimitName, Proposal};
use polyfill_builder::index::{NATIVE, Sanitize};
use polyfill_builder::system;
use polyfill_builder::tree::{Preopen, Tree};
use polyfill_runner::{
    Accepted, Detail, Engine, EngineOptions, Hosts, Inputs, Limits, NativeRun, Observation, Outcome, RemoteHost,
    RemoteRun, Run, Sinks, Trace, TrialTime, host_linker, json_lines, judge_unwritten, lines, name_writers, observe,
    observe_native, undescribed,
};

use crate::adapt::Adapt;
use crate::args::RunArgs;
use crate::error::unknown_host;
use crate::output;

/// A program to run, and its environment.
struct Program {
    name: String,
    code: Code,
    answers: Vec<Answer>,
    /// Files on hosts with a file system.
    files: Tree,
    preopens: Option<BTreeMap<String, Preopen>>,
    /// Proposals of core WebAssembly that the guest's case enables.
    proposals: BTreeSet<Proposal>,
    /// The host, if the program has one of its own.
    host: Option<String>,
    /// Directory of the cache for compiled code.
    cache: Option<PathBuf>,
    /// Adapter chain of the program, and the inputs of the sanitizer. Set if the sanitizer is enabled.
    sanitize: Option<(String, Sanitize)>,
}

/// Code to run.
enum Code {
    Component(Vec<u8>),
    /// Core module, for the host `native`.
    Module(Vec<u8>),
}

/// Runs a guest or a file to its end.
pub(crate) fn run(args: &RunArgs) -> anyhow::Result<ExitCode> {
    let program = if is_file(&args.program) { file::load(args)? } else { guest::load(args)? };
    let options = EngineOptions {
        fuel: args.limits.all().fuel.is_some(),
        proposals: program.proposals.iter().chain(&args.proposals.wasm).copied().collect(),
        ..EngineOptions::default()
    };
    let proposals = &options.proposals;
    let engine = Engine::with_options(&options, program.cache.clone())?;
    let inputs = inputs(args, &program)?;
    let limits = &limits(args);
    let observation = match &program.code {
        Code::Module(bytes) => {
            let module = engine.module(bytes)?;
            let run = NativeRun { engine: &engine, module: &module, inputs: &inputs, limits };
            observe_native(&run, Sinks::inherit())
        }
        Code::Component(bytes) => {
            let hosts = Hosts::default();
            let name = match args.host.as_deref().or(program.host.as_deref()) {
                Some(name) => name,
                None => file::default_host(&engine, bytes)?,
            };
            match hosts.get(name) {
                Some(host) => {
                    let check = program.sanitize.as_ref();
                    let linker = &host_linker(&engine, host).map_err(Error::msg)?;
                    let run = Run {
                        engine: &engine,
                        program: &engine.program(bytes)?,
                        chain: check.map_or("", |(chain, _)| chain),
                        host,
                        linker,
                        is_one_host: true,
                        imports: &[],
                        inputs: &inputs,
                        limits,
                        time: &TrialTime::new(limits, args.detail() != Detail::Off || check.is_some()),
                        sanitize: check.map(|(_, check)| check),
                        detail: args.detail(),
                    };
                    let mut observation = observe(&run, Sinks::inherit());
                    judge_unwritten(&run, &mut observation);
                    name_writers(&run, &mut observation.violations, |_| true);
                    observation
                }
                None if args.sanitize => bail!(
                    "--sanitize is not supported by the external host `{name}`\n  help: remove --sanitize, or select \
                     another host with --host"
                ),
                None => {
                    // Do not cache the code of a file: a directory that all users share is not safe for compiled
                    // code.
                    let private = system::private_dir()
                        .with_context(|| format!("cannot create a directory in `{}`", system::temp_dir().display()))?;
                    let cache = program.cache.clone().unwrap_or_else(|| private.path().to_path_buf());
                    let host = remote_host(&args.suite, name, &hosts, &cache)?;
                    let program = &engine.program(bytes)?;
                    let run = RemoteRun { program, file: None, inputs: &inputs, limits, proposals };
                    let observation = host.observe(&run, Sinks::inherit());
                    host.finish().map_err(Error::msg)?;
                    observation
                }
            }
        }
    };
    if let Some(trace) = &observation.trace {
        print_trace(args, trace)?;
    }
    let clean = !args.sanitize || print_violations(args, &program, &observation)?;
    let code = print_result(&observation)?;
    Ok(if clean || code != ExitCode::SUCCESS { code } else { ExitCode::FAILURE })
}

/// Prints the violations and the number of checked calls. Returns true if all violations are accepted.
fn print_violations(args: &RunArgs, program: &Program, observation: &Observation) -> anyhow::Result<bool> {
    let accepted = Accepted::of(&args.suite)?;
    let mut clean = true;
    for violation in &observation.violations {
        let known = accepted.rule(violation, &violation.adapter);
        clean &= known.is_some();
        let rule = known.map(|rule| format!(" (accepted: {})", rule.id)).unwrap_or_default();
        output::note(&format!("{violation}{rule}"));
        for line in violation.details() {
            output::note(&format!("  {line}"));
        }
    }
    output::note(&observation.checked.to_string());
    let checked = &observation.checked;
    if let Some(why) = undescribed(checked) {
        output::note(&format!("not checked: {why}"));
    } else if checked.calls == 0 && matches!(program.code, Code::Component(_)) {
        output::note("`sanitize` checked nothing: main calls no adapter");
    }
    if let Some((function, used)) = observation.checked.most_stack() {
        let function = if function.is_empty() { "no call" } else { function };
        output::note(&format!("peak stack use: {used}, in {function}"));
    }
    Ok(clean)
}

/// Writes the calls as requested by `--trace` and `--trace-json`.
fn print_trace(args: &RunArgs, trace: &Trace) -> anyhow::Result<()> {
    if args.trace {
        for line in lines(trace) {
            output::note(&line);
        }
    }
    match &args.trace_json {
        Some(file) => output::file(file, json_lines(trace).as_bytes()),
        None => Ok(()),
    }
}

/// Loads an external host of the suite.
fn remote_host(suite: &Path, name: &str, ours: &Hosts, cache: &Path) -> anyhow::Result<RemoteHost> {
    // A file can run without a suite.
    let mut own = Suite::from_env(suite).hosts_of_its_own().unwrap_or_default();
    match own.remove(name) {
        Some(descriptor) => Ok(RemoteHost::new(name, descriptor, suite, cache)),
        None => {
            let mut names: Vec<&str> = ours.names().into_iter().chain([NATIVE]).collect();
            names.extend(own.keys().map(String::as_str));
            Err(unknown_host(name, &names))
        }
    }
}

/// Returns true if the guest's core module runs without adapters.
fn is_native(args: &RunArgs) -> bool {
    args.host.as_deref() == Some(NATIVE)
}

/// Returns the name of an adapter chain of the command line.
fn chain_name(args: &RunArgs, adapts: &[Adapt]) -> String {
    let name = |adapt: &Adapt| match adapt {
        Adapt::File(arg) => arg.file.display().to_string(),
        Adapt::Interposer(modules) => format!("interpose({modules})"),
    };
    args.adapter.clone().unwrap_or_else(|| adapts.iter().map(name).collect::<Vec<_>>().join("+"))
}

/// Returns true if the argument is a path. Names of guests contain neither dots nor slashes.
fn is_file(program: &str) -> bool {
    program.contains(['.', '/', '\\'])
}

fn inputs(args: &RunArgs, program: &Program) -> anyhow::Result<Inputs> {
    let stdin = args.stdin.as_deref().map(stdin).transpose()?.unwrap_or_default();
    // Sorted. The last value of a repeated name wins.
    let env: BTreeMap<String, String> = args.env.iter().cloned().collect();
    Ok(Inputs {
        args: iter::once(&program.name).chain(&args.args).cloned().collect(),
        env: env.into_iter().collect(),
        stdin,
        stdin_pieces: Vec::new(),
        stdin_closed: false,
        files: program.files.clone(),
        preopens: program.preopens.clone(),
        seed: Some(args.seed.clone()),
        calls: args.invoke.iter().map(Call::of).collect(),
        answers: program.answers.clone(),
        abi: descriptions(args)?,
    })
}

/// Returns the descriptions of import modules: of the suite, and of `--abi`.
fn descriptions(args: &RunArgs) -> anyhow::Result<Descriptions> {
    // A file can run without a suite.
    let mut sources = match args.suite.join("abi").is_dir() {
        true => Suite::from_env(&args.suite).abis()?,
        false => Vec::new(),
    };
    for path in &args.abi {
        sources.push(polyfill_builder::abi::read(path)?);
    }
    Ok(Descriptions::parse(&sources)?)
}

fn stdin(path: &Path) -> anyhow::Result<Vec<u8>> {
    let read = match path.to_str() {
        Some("-") => system::read_stdin(),
        _ => system::read_argument(path),
    };
    read.with_context(|| format!("cannot read `{}`", path.display()))
}

/// Time limit that is sufficient for every program that terminates.
const TIME: Duration = Duration::from_secs(60);

fn limits(args: &RunArgs) -> Limits {
    Limits { timeout: TIME, ..Limits::default() }.of(&args.limits.all())
}

/// Prints returned values and errors, and returns the guest's exit code.
fn print_result(observation: &Observation) -> anyhow::Result<ExitCode> {
    for value in observation.returned.iter().filter_map(|returned| returned.value.as_ref()) {
        output::text(&format!("{value}\n"))?;
    }
    match &observation.outcome {
        Outcome::Returned | Outcome::Exit(_) => {}
        outcome => output::note(&format!("error: {outcome}")),
    }
    output::backtrace(&observation.outcome);
    let key = match &observation.outcome {
        Outcome::Timeout { .. } => Some("time-ms"),
        Outcome::Limit { limit, .. } => match limit {
            LimitName::Memory => Some("memory-pages"),
            LimitName::Fuel => Some("fuel"),
            LimitName::Output => Some("output"),
            LimitName::Files => Some("files"),
            LimitName::Handles => Some("handles"),
            LimitName::Time | LimitName::Random => None,
        },
        _ => None,
    };
    if let Some(key) = key {
        output::note(&format!(
            "help: change the limit with `--limit {key}=NUMBER`, or remove it with `--limit {key}=none`"
        ));
    }
    // An exit code that the system cannot represent must not become zero.
    Ok(ExitCode::from(u8::try_from(observation.exit_code()).unwrap_or(u8::MAX)))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Cli, Verb};

    fn limits_of(words: &[&str]) -> Limits {
        let cli = Cli::try_parse_from(["polyfill", "run", "x.wat"].iter().chain(words)).unwrap();
        let Verb::Run(args) = cli.verb else { panic!("{words:?} is no run") };
        limits(&args)
    }

    #[test]
    fn a_run_has_limits_unless_the_command_line_removes_them() {
        assert_eq!(limits_of(&[]), Limits { timeout: Duration::from_secs(60), ..Limits::default() });
        let given = limits_of(&["--limit", "time-ms=1500", "--limit", "output=7", "--limit", "fuel=9"]);
        assert_eq!((given.timeout, given.output, given.fuel), (Duration::from_millis(1500), 7, Some(9)));
        let none = limits_of(&["--limit", "time-ms=none", "--limit", "memory-pages=none"]);
        assert!(none.timeout > Duration::from_secs(365 * 24 * 60 * 60) && none.memory == usize::MAX);
    }
}
