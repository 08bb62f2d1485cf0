//! What can be done with a bundle: `polyfill replay`, `show`, `shrink`, `freeze`

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use polyfill_build::case::CaseLimits;
use polyfill_build::{Features, reference, terminal};
use polyfill_bundle::{Amount, Bundle, Goal, With};
use polyfill_runner::{Engine, EngineKind, EngineOptions, Host, Hosts};

use crate::args::{FreezeArgs, ReplayArgs, ShowArgs, ShrinkArgs};
use crate::error::Error;
use crate::{load, output};

/// Plays a bundle and tells what is the same.
pub(crate) fn replay(args: &ReplayArgs) -> Result<ExitCode, Error> {
    let bundle = read(&args.bundle)?;
    let adapter = args
        .adapter
        .as_deref()
        .map(|file| load::adapter(implements(&bundle, file), file, None, &Features::default()))
        .transpose()?;
    let hosts = Hosts::default();
    let host = host(&hosts, args.host.as_deref())?;
    let limits = args.limits.all();
    let engine = engine(args.engine, &bundle, &limits)?;
    let with = With {
        adapter: adapter.as_ref().map(|module| (module.name.as_str(), module.wasm.as_slice())),
        host,
        tolerant: args.tolerant,
        most: None,
        limits,
    };
    let outcomes = polyfill_bundle::replay(&bundle, &engine, with)?;
    output::text(&format!("{}\n{outcomes}", terminal::line(&bundle.about.trial)))?;
    output::backtrace(&outcomes.observation.outcome);
    Ok(if outcomes.same { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// An engine for a bundle, and a note on standard error about each limit that the bundle asks too much of.
fn engine(kind: EngineKind, bundle: &Bundle, given: &CaseLimits) -> Result<Engine, Error> {
    let (limits, lowered) = polyfill_bundle::limits(bundle, given);
    for lowered in lowered {
        output::note(&format!("note: limit of the recorded case: {lowered}\nhelp: `--limit KEY=NUMBER` gives it more"));
    }
    let proposals = bundle.about.case.wasm.clone();
    let options = EngineOptions { kind, fuel: limits.fuel.is_some(), proposals };
    Ok(Engine::with_options(&options, None)?)
}

/// The host of that name, if one is named.
fn host<'a>(hosts: &'a Hosts, name: Option<&str>) -> Result<Option<&'a dyn Host>, Error> {
    let Some(name) = name else { return Ok(None) };
    let none = || Error::NoHost { host: name.to_string(), hosts: hosts.names().join(", ") };
    hosts.get(name).ok_or_else(none).map(Some)
}

/// The import module for a file: that of the recorded adapter, whatever the file's name is.
fn implements<'a>(bundle: &'a Bundle, file: &Path) -> Option<&'a str> {
    let published = file.to_str().is_some_and(|name| !file.exists() && reference::find(name).is_some());
    let recorded = bundle.about.adapters.first().and_then(|adapter| adapter.implements.first());
    recorded.map(String::as_str).filter(|_| !published)
}

/// Prints what is in a bundle.
pub(crate) fn show(args: &ShowArgs) -> Result<ExitCode, Error> {
    let amount = if args.all { Amount::All } else { Amount::Cut };
    output::text(&polyfill_bundle::show(&read(&args.bundle)?, amount))?;
    Ok(ExitCode::SUCCESS)
}

/// Makes a bundle smaller.
pub(crate) fn shrink(args: &ShrinkArgs) -> Result<ExitCode, Error> {
    let mut bundle = read(&args.bundle)?;
    let limits = args.limits.all();
    // The quickest to compile.
    let engine = engine(EngineKind::fastest_to_compile(), &bundle, &limits)?;
    let mut told = Instant::now();
    let mut progress = |what: &str, count: usize| {
        if told.elapsed() > Duration::from_secs(1) {
            output::far(&format!("{count} {what}"));
            told = Instant::now();
        }
    };
    let goal = Goal { calls: args.calls, most: Duration::from_secs(args.seconds), limits };
    let hosts = Hosts::default();
    if let Some(host) = host(&hosts, args.host.as_deref())? {
        bundle = polyfill_bundle::shrink_case(&bundle, &engine, host, goal, &mut progress)?;
    }
    let shrunk = polyfill_bundle::shrink(&bundle, &engine, goal, &mut progress)?;
    let file = args.output.as_ref().unwrap_or(&args.bundle);
    output::file(file, &shrunk.bundle.write())?;
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
        format!("{ran} functions ran; {} replays; {}: {}\n", shrunk.runs, file.display(), bundle.about.outcome),
    ];
    output::text(&text.concat())?;
    Ok(ExitCode::SUCCESS)
}

/// Writes a component that needs no host.
pub(crate) fn freeze(args: &FreezeArgs) -> Result<ExitCode, Error> {
    let bundle = read(&args.bundle)?;
    let proposals = bundle.about.case.wasm.clone();
    let engine = Engine::with_options(&EngineOptions { proposals, ..EngineOptions::default() }, None)?;
    let frozen = polyfill_bundle::freeze(&bundle, &engine)?;
    output::file(&args.output, &frozen)?;
    output::text(&format!("{}: {} bytes, no imports\n", args.output.display(), frozen.len()))?;
    Ok(ExitCode::SUCCESS)
}

fn read(path: &Path) -> Result<Bundle, Error> {
    let bytes = polyfill_build::system::read_argument(path)
        .map_err(|source| Error::Read { path: path.to_path_buf(), source })?;
    Bundle::read(&bytes).map_err(|source| Error::Bundle { file: path.to_path_buf(), source })
}
