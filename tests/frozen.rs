//! A failing trial that is recorded on the host `wasi` fails in the same way wherever it is played: on each engine, from its
//! trace alone, and frozen in runtimes that know nothing of this harness.

mod trials;

use std::path::Path;
use std::process::{Command, ExitCode};
use std::{env, fs};

use polyfill_build::Suite;
use polyfill_bundle::{Bundle, With, freeze, record, replay};
use polyfill_runner::{Engine, EngineKind, Inputs, Limits, Outcome, RemoteHost, RemoteRun, Sinks};

use crate::trials::{Checked, Missing, trial, trials};

/// A program in Rust that aborts three calls deep.
const TRIAL: &str = "abort-nested::backtrace::reference-command::wasi";

fn recorded() -> Bundle {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    record(&Suite::new(root), root, TRIAL).expect("a trial of the suite")
}

fn main() -> ExitCode {
    let mut trials = trials![replays_are_the_same_on_every_engine];
    trials.push(trial("frozen_it_fails_in_node", frozen_it_fails_in_node));
    trials.push(trial("frozen_it_fails_in_the_command_of_wasmtime", frozen_it_fails_in_the_command_of_wasmtime));
    trials::run(trials)
}

fn replays_are_the_same_on_every_engine() {
    let bundle = Bundle::read(&recorded().write()).expect("what was just written");
    for kind in EngineKind::ALL {
        if kind.is_missing().is_some() {
            continue;
        }
        let engine = Engine::of(kind, None).expect("an engine");
        let outcomes = replay(&bundle, &engine, With::default()).expect("a bundle that can be played");
        assert!(outcomes.same, "on {kind}:\n{outcomes}");
    }
}

fn frozen_it_fails_in_node() -> Checked {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let engine = Engine::new(None).expect("an engine");
    let frozen = freeze(&recorded(), &engine).expect("a bundle that can be frozen");
    let descriptor = Suite::new(root).hosts_of_its_own().expect("a suite").remove("node").expect("the host `node`");
    let cache = env::temp_dir().join("polyfill-frozen");
    let node = RemoteHost::new("node", descriptor, root, &cache);
    if let Some(why) = node.missing() {
        return Err(Missing(format!("host `node`: {why}")));
    }
    let program = &engine.program(&frozen).expect("a component");
    let inputs = &Inputs { args: vec!["frozen".into()], ..Inputs::default() };
    let limits = &Limits::default();
    let seen = node.observe(&RemoteRun { program, file: None, inputs, limits }, Sinks::default());
    assert!(matches!(&seen.outcome, Outcome::Trap(info) if info.message.contains("unreachable")), "{:?}", seen.outcome);
    Ok(())
}

/// `WASMTIME` names the program; without it, the one that is found by that name, if there is one.
fn frozen_it_fails_in_the_command_of_wasmtime() -> Checked {
    let program = env::var("WASMTIME").ok().filter(|program| !program.is_empty()).unwrap_or_else(|| "wasmtime".into());
    let version = Command::new(&program).arg("--version").output();
    if !version.is_ok_and(|output| output.status.success()) {
        return Err(Missing(format!(
            "`{program} --version` does not run; name a program of wasmtime 49 or newer in `WASMTIME`"
        )));
    }
    let engine = Engine::new(None).expect("an engine");
    let frozen = freeze(&recorded(), &engine).expect("a bundle that can be frozen");
    let folder = env::temp_dir().join(format!("polyfill-frozen-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("frozen.wasm");
    fs::write(&file, &frozen).expect("a file");
    let output = Command::new(&program).arg("run").arg(&file).output();
    fs::remove_dir_all(&folder).expect("the folder is ours");
    let output = output.expect("it was there before");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{message}");
    // The guest's own frames, and the reason.
    assert!(message.contains("abort_nested") && message.contains("unreachable"), "{message}");
    Ok(())
}
