//! A failing trial that was recorded on host `wasi` fails in the same way everywhere: on each engine, from its trace
//! alone, and as a standalone repro in runtimes without this harness.

#[path = "../support/trials.rs"]
mod trials;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::{env, fs};

use polyfill_builder::Suite;
use polyfill_recording::{Recording, ReplayOptions, record, replay, standalone};
use polyfill_runner::{Engine, EngineKind, Inputs, Limits, Outcome, RemoteHost, RemoteRun, Sinks};

use crate::trials::{Checked, Missing, trial, trials};

/// A Rust program that aborts three calls deep.
const TRIAL: &str = "abort-nested::backtrace::reference-command::wasi";

fn recorded() -> Recording {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    record(&Suite::from_env(root), root, TRIAL, &BTreeSet::new()).expect("a trial of the suite")
}

fn main() -> ExitCode {
    let mut trials = trials![replays_are_the_same_on_every_engine];
    trials.push(trial("standalone_repro_fails_in_node", standalone_repro_fails_in_node));
    trials.push(trial("standalone_repro_fails_in_the_wasmtime_cli", standalone_repro_fails_in_the_wasmtime_cli));
    trials::run([trials])
}

fn replays_are_the_same_on_every_engine() {
    let recording = Recording::read(&recorded().write()).expect("a recording that was just written");
    for kind in EngineKind::ALL {
        if kind.is_missing().is_some() {
            continue;
        }
        let engine = Engine::of(kind, None).expect("an engine");
        let outcomes = replay(&recording, &engine, ReplayOptions::default()).expect("a replayable recording");
        assert!(outcomes.same, "on {kind}:\n{outcomes}");
    }
}

fn standalone_repro_fails_in_node() -> Checked {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let engine = Engine::new(None).expect("an engine");
    let standalone = standalone(&recorded(), &engine).expect("a recording that can be converted");
    let descriptor =
        Suite::from_env(root).hosts_of_its_own().expect("a suite").remove("node").expect("the host `node`");
    let cache = env::temp_dir().join("polyfill-standalone");
    let node = RemoteHost::new("node", descriptor, root, &cache);
    if let Some(why) = node.missing() {
        return Err(Missing(why));
    }
    let program = &engine.program(&standalone).expect("a component");
    let inputs = &Inputs { args: vec!["standalone".into()], ..Inputs::default() };
    let limits = &Limits::default();
    let proposals = &BTreeSet::new();
    let observation = node.observe(&RemoteRun { program, file: None, inputs, limits, proposals }, Sinks::default());
    assert!(
        matches!(&observation.outcome, Outcome::Trap(info) if info.message.contains("unreachable")),
        "{:?}",
        observation.outcome
    );
    Ok(())
}

/// `WASMTIME` is the path of the program. Default: `wasmtime`, if it is installed.
fn standalone_repro_fails_in_the_wasmtime_cli() -> Checked {
    let program = env::var("WASMTIME").ok().filter(|program| !program.is_empty()).unwrap_or_else(|| "wasmtime".into());
    let version = Command::new(&program).arg("--version").output();
    if !version.is_ok_and(|output| output.status.success()) {
        return Err(Missing(format!("cannot run `{program} --version`; help: set `WASMTIME` to wasmtime 49 or newer")));
    }
    let engine = Engine::new(None).expect("an engine");
    let standalone = standalone(&recorded(), &engine).expect("a recording that can be converted");
    let folder = env::temp_dir().join(format!("polyfill-standalone-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a directory");
    let file = folder.join("standalone.wasm");
    fs::write(&file, &standalone).expect("a file");
    let output = Command::new(&program).arg("run").arg(&file).output();
    fs::remove_dir_all(&folder).expect("the directory can be removed");
    let output = output.expect("it was there before");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{message}");
    // The guest's own frames and the reason.
    assert!(message.contains("abort_nested") && message.contains("unreachable"), "{message}");
    Ok(())
}
