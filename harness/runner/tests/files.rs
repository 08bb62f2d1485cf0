//! Guests that exceed the limits on files, on every in-process host with file access.
//!
//! `files/<guest>.wat` contains the fields of a core module that follow those of `files/prelude.wat`. Its first line is
//! the expected end of the run, equal on every host; `;; entries:` is the number of remaining files, directories and
//! links. A guest has a private directory at descriptor 3. Limits: 1,000,000 bytes of files; 1000 files, directories
//! and links; 100 handles.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use polyfill_encoder::{Adapter, Input, Options, Source, encode};
use polyfill_runner::case::Case;
use polyfill_runner::{
    Detail, Engine, Hosts, Inputs, Limits, NativeRun, Observation, Outcome, Sinks, observe_native, run_program,
};

const HOSTS: [&str; 3] = ["native", "wasi", "wasi-async"];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files");
    let prelude: Arc<str> = fs::read_to_string(folder.join("prelude.wat")).expect("failed to read the prelude").into();
    let engine = Arc::new(Engine::new(None).expect("failed to create an engine"));
    let mut trials = Vec::new();
    for entry in fs::read_dir(&folder).expect("failed to open the directory") {
        let path = entry.expect("failed to read the directory").path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if name == "prelude" {
            continue;
        }
        let guest: Arc<str> = fs::read_to_string(&path).expect("failed to read the guest").into();
        for host in HOSTS {
            let (prelude, guest, engine) = (prelude.clone(), guest.clone(), engine.clone());
            trials.push(Trial::test(format!("{name}::{host}"), move || check(&engine, &prelude, &guest, host)));
        }
    }
    trials.sort_by(|a, b| a.name().cmp(b.name()));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn check(engine: &Engine, prelude: &str, guest: &str, host: &str) -> Result<(), Failed> {
    let said = |key: &str| guest.lines().find_map(|line| line.strip_prefix(key)).map(str::trim);
    let expected = said(";; expected:").ok_or("the first line must be `;; expected: ..`")?;
    let main = wat::parse_str(format!("(module\n{prelude}\n{guest})"))?;
    let observation = run(engine, &main, host)?;
    let ended = match &observation.outcome {
        Outcome::Limit { limit, message } => format!("limit on {limit} ({message})"),
        other => other.to_string(),
    };
    if ended != expected {
        return Err(format!("expected: {expected}\nactual:   {ended}\n{}", observation.outcome.backtrace()).into());
    }
    let entries = observation.files.as_ref().map(|files| files.len().to_string());
    match said(";; entries:") {
        Some(expected) if entries.as_deref() != Some(expected) => {
            Err(format!("expected {expected} entries, found {entries:?}").into())
        }
        _ => Ok(()),
    }
}

fn run(engine: &Engine, main: &[u8], host: &str) -> Result<Observation, Failed> {
    let case: Case = toml::from_str("preopens = { '/' = '' }")?;
    let inputs = &Inputs::of("guest", &case)?;
    // A guest that exceeds no limit loops forever, so the timeout must not end the run first.
    let limits = &Limits {
        timeout: Duration::from_secs(600),
        files: 1_000_000,
        entries: 1000,
        handles: 100,
        ..Limits::default()
    };
    if host == "native" {
        let module = &engine.module(main)?;
        return Ok(observe_native(&NativeRun { engine, module, inputs, limits }, Sinks::default()));
    }
    let reference = polyfill_reference::find("reference-command@48.0.8").ok_or("no reference adapter")??;
    let input = Input {
        main: Source { name: "guest".into(), wasm: main, wit: None },
        adapters: vec![Adapter::new("wasi_snapshot_preview1", reference.wasm())],
    };
    let component = encode(&input, &Options::default())?.component;
    let program = &engine.program(&component)?;
    let hosts = Hosts::default();
    let host = hosts.get(host).ok_or("no such host")?;
    Ok(run_program(engine, program, host, inputs, limits, Detail::Off, Sinks::default()))
}
