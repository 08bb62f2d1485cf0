//! Inputs: guests of four kinds and sizes, and two adapters.

use std::path::{Path, PathBuf};
use std::process::Command;

use polyfill_builder::{CoreModules, Suite};
use wasi_preview1_component_adapter_provider as published;

use crate::contenders;

/// Import module that the adapters implement.
pub const PREVIEW1: &str = published::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME;

/// A guest of the table.
pub struct Guest {
    /// Name of its row.
    pub name: &'static str,
    /// Its module, or the reason for its absence.
    pub wasm: Result<Vec<u8>, String>,
}

/// An adapter of the table.
pub struct Adapter {
    /// Name of its row.
    pub name: &'static str,
    /// Its module.
    pub wasm: Vec<u8>,
    /// False for adapters with static data, which the reference does not support.
    pub reference_takes_it: bool,
}

/// All inputs.
pub struct Inputs {
    /// Guests of the table.
    pub guests: Vec<Guest>,
    /// Adapters of the table.
    pub adapters: Vec<Adapter>,
    /// Commands of the suite in all languages, except those of several megabytes.
    pub commands: Vec<Vec<u8>>,
}

/// Compiles the inputs that have changed.
pub fn gather() -> Inputs {
    let suite = Suite::from_env(root()).progress(|line| eprintln!("{line}"));
    let modules = suite.modules().unwrap_or_else(|error| panic!("{error}"));
    let guests = vec![
        Guest { name: "WAT", wasm: wat::parse_file(root().join("benches/tiny.wat")).map_err(|e| e.to_string()) },
        Guest { name: "Rust, release", wasm: modules.guests["hello"].clone() },
        Guest { name: "Rust, debug", wasm: debug_build() },
        Guest { name: "Go", wasm: modules.guests["go-program"].clone() },
    ];
    let ours = modules.adapters["wasi_snapshot_preview1.command"].clone();
    let adapters = vec![
        Adapter {
            name: "reference",
            wasm: published::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER.to_vec(),
            reference_takes_it: true,
        },
        Adapter { name: "ours", wasm: ours.unwrap_or_else(|message| panic!("{message}")), reference_takes_it: false },
    ];
    let commands = commands(&modules, &guests);
    Inputs { guests, adapters, commands }
}

/// Selects small modules that import only preview1 and export `_start`, except invalid ones.
fn commands(modules: &CoreModules, guests: &[Guest]) -> Vec<Vec<u8>> {
    let suite = modules.guests.values().filter_map(|module| module.as_ref().ok());
    let all = suite.chain(guests.iter().filter_map(|guest| guest.wasm.as_ref().ok()));
    all.filter(|wasm| wasm.len() < 200_000 && is_command(wasm) && is_served(wasm)).cloned().collect()
}

/// Returns true if the published adapters export all imports of a module.
fn is_served(wasm: &[u8]) -> bool {
    let adapters =
        [published::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER, published::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER];
    adapters.iter().all(|adapter| contenders::reference(wasm, adapter, false).is_ok())
}

fn is_command(wasm: &[u8]) -> bool {
    let (mut starts, mut preview1_only) = (false, true);
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        match payload {
            Ok(wasmparser::Payload::ImportSection(imports)) => {
                preview1_only = imports.into_imports().all(|import| import.is_ok_and(|i| i.module == PREVIEW1));
            }
            Ok(wasmparser::Payload::ExportSection(exports)) => {
                starts = exports.into_iter().any(|export| export.is_ok_and(|e| e.name == "_start"));
            }
            Ok(_) => {}
            Err(_) => return false,
        }
    }
    starts && preview1_only
}

/// Compiles `guests/preview1/hello/guest.rs` with rustc's defaults: without optimization, with debug information.
fn debug_build() -> Result<Vec<u8>, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let out = folder.path().join("hello.wasm");
    let output = Command::new("rustc")
        .args(["--edition=2024", "--target=wasm32-wasip1", "-g", "-o"])
        .arg(&out)
        .arg("guests/preview1/hello/guest.rs")
        .current_dir(root())
        .output()
        .map_err(|error| format!("rustc: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    std::fs::read(&out).map_err(|error| error.to_string())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
