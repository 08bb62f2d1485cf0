//! Commands for recordings: `polyfill replay`, `show`, `shrink` and `standalone`.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use polyfill_builder::case::CaseLimits;
use polyfill_builder::{Features, reference, terminal};
use polyfill_recording::{Amount, Goal, Recording, ReplayOptions};
use polyfill_runner::{Engine, EngineKind, EngineOptions, Host, Hosts};

use crate::args::{ReplayArgs, ShowArgs, ShrinkArgs, StandaloneArgs};
use crate::error::unknown_host;
use crate::{load, output};

/// Replays a recording and prints the comparison.
pub(crate) fn replay(args: &ReplayArgs) -> anyhow::Result<ExitCode> {
    let mut recording = read(&args.recording)?;
    recording.about.case.wasm.extend(&args.proposals.wasm);
    let adapter = args
        .adapter
        .as_deref()
        .map(|file| load::adapter(implements(&recording, file), file, None, &Features::default()))
        .transpose()?;
    let hosts = Hosts::default();
    let host = host(&hosts, args.host.as_deref())?;
    let limits = args.limits.all();
    note_lowered(&recording, &limits);
    let engine = engine(args.engine, &recording, &limits)?;
    let with = ReplayOptions {
        adapter: adapter.as_ref().map(|module| (module.name.as_str(), module.wasm.as_slice())),
        host,
        tolerant: args.tolerant,
        most: None,
        limits,
    };
    let outcomes = polyfill_recording::replay(&recording, &engine, with)?;
    output::text(&format!("{}\n{outcomes}", terminal::line(&recording.about.trial)))?;
    output::backtrace(&outcomes.observation.outcome);
    Ok(if outcomes.same { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints a note for each limit of the recording that exceeds the ceiling.
fn note_lowered(recording: &Recording, given: &CaseLimits) {
    for lowered in polyfill_recording::limits(recording, given).1 {
        output::note(&format!(
            "note: limit of the recorded case: {lowered}\nhelp: raise the limit with `--limit KEY=NUMBER`"
        ));
    }
}

/// Returns the engine with the fastest compiler that accepts the component. Winch lacks several proposals.
fn fast_engine(recording: &Recording, given: &CaseLimits) -> anyhow::Result<Engine> {
    let fast = engine(EngineKind::fastest_to_compile(), recording, given);
    match fast.ok().filter(|engine| engine.program(&recording.component).is_ok()) {
        Some(engine) => Ok(engine),
        None => engine(EngineKind::default(), recording, given),
    }
}

/// Returns an engine for a recording, with the proposals of its case.
fn engine(kind: EngineKind, recording: &Recording, given: &CaseLimits) -> anyhow::Result<Engine> {
    let (limits, _) = polyfill_recording::limits(recording, given);
    let proposals = recording.about.case.wasm.clone();
    let options = EngineOptions { kind, fuel: limits.fuel.is_some(), proposals };
    Ok(Engine::with_options(&options, None)?)
}

/// Returns the host of that name, if a name is given.
fn host<'a>(hosts: &'a Hosts, name: Option<&str>) -> anyhow::Result<Option<&'a dyn Host>> {
    let Some(name) = name else { return Ok(None) };
    hosts.get(name).ok_or_else(|| unknown_host(name, &hosts.names())).map(Some)
}

/// Returns the import module for an adapter in a file: that of the recorded adapter, regardless of the file name.
fn implements<'a>(recording: &'a Recording, file: &Path) -> Option<&'a str> {
    let published = file.to_str().is_some_and(|name| !file.exists() && reference::find(name).is_some());
    let recorded = recording.about.adapters.first().and_then(|adapter| adapter.implements.first());
    recorded.map(String::as_str).filter(|_| !published)
}

/// Prints the contents of a recording.
pub(crate) fn show(args: &ShowArgs) -> anyhow::Result<ExitCode> {
    let amount = if args.all { Amount::All } else { Amount::Cut };
    output::text(&polyfill_recording::show(&read(&args.recording)?, amount))?;
    Ok(ExitCode::SUCCESS)
}

/// Shrinks a recording.
pub(crate) fn shrink(args: &ShrinkArgs) -> anyhow::Result<ExitCode> {
    let mut recording = read(&args.recording)?;
    let limits = args.limits.all();
    note_lowered(&recording, &limits);
    let engine = fast_engine(&recording, &limits)?;
    let mut last_report = Instant::now();
    let mut progress = |what: &str, count: usize| {
        if last_report.elapsed() > Duration::from_secs(1) {
            output::far(&format!("{count} {what}"));
            last_report = Instant::now();
        }
    };
    let goal = Goal { calls: args.calls, most: Duration::from_secs(args.seconds), limits };
    let hosts = Hosts::default();
    if let Some(host) = host(&hosts, args.host.as_deref())? {
        recording = polyfill_recording::shrink_case(&recording, &engine, host, goal, &mut progress)?;
    }
    let shrunk = polyfill_recording::shrink(&recording, &engine, goal, &mut progress)?;
    let file = args.output.as_ref().unwrap_or(&args.recording);
    output::file(file, &shrunk.recording.write())?;
    let line = |what: &str, [before, after]: [usize; 2]| {
        format!("{what:<10} {before:>9} -> {after:>9}  {:.2} %\n", 100.0 * after as f64 / before.max(1) as f64)
    };
    let [all, ran, left] = shrunk.functions;
    let text = [
        line("functions", [all, left]),
        line("code", shrunk.code),
        line("main", shrunk.main),
        line("calls", shrunk.calls),
        format!("preserved: {}\n", shrunk.kept),
        format!("{ran} functions ran; {} replays; {}: {}\n", shrunk.runs, file.display(), recording.about.outcome),
    ];
    output::text(&text.concat())?;
    Ok(ExitCode::SUCCESS)
}

/// Writes a standalone repro.
pub(crate) fn standalone(args: &StandaloneArgs) -> anyhow::Result<ExitCode> {
    let recording = read(&args.recording)?;
    let proposals = recording.about.case.wasm.clone();
    let engine = Engine::with_options(&EngineOptions { proposals, ..EngineOptions::default() }, None)?;
    let standalone = polyfill_recording::standalone(&recording, &engine)?;
    output::file(&args.output, &standalone)?;
    let names: Vec<String> = recording.about.case.wasm.iter().map(ToString::to_string).collect();
    let needs = if names.is_empty() { String::new() } else { format!(", needs `--wasm {}`", names.join(",")) };
    output::text(&format!("{}: {} bytes, no imports{needs}\n", args.output.display(), standalone.len()))?;
    Ok(ExitCode::SUCCESS)
}

fn read(path: &Path) -> anyhow::Result<Recording> {
    let bytes =
        polyfill_builder::system::read_argument(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    Recording::read(&bytes).with_context(|| format!("`{}`", path.display()))
}
