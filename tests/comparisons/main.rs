//! Compares adapters with each other and with wasmtime's own preview1: each difference has a known reason.

#[path = "../support/trials.rs"]
mod trials;

mod bisect;
mod matrix;
mod native;
mod releases;
mod skipped;

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let slow = [bisect::trials(), native::trials(), releases::trials(), skipped::trials()].map(trials::slow);
    trials::run(slow.into_iter().chain([matrix::trials()]))
}

fn root() -> PathBuf {
    polyfill_runner::root_dir(env!("CARGO_MANIFEST_DIR"))
}
