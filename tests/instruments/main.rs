//! Runs this repository's suite with instruments: sanitizer, traces, an asynchronous store, and stress tests of its
//! adapters.

#[path = "../suite/counters.rs"]
mod counters;
#[path = "../support/trials.rs"]
mod trials;

mod sanitize;
mod stress;
mod traced;
mod wasi_async;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use polyfill_runner::{Limits, Options, Runner};

fn main() -> ExitCode {
    let slow = [sanitize::trials(), stress::trials(), traced::trials(), wasi_async::trials()];
    trials::run_in_sequence(slow.map(trials::slow))
}

/// Returns the runner of a suite that was built with an instrument.
fn runner(out_dir: &Path) -> Runner {
    // Instruments slow down each call, and a busy machine must not cause timeouts.
    let limits = Limits { timeout: Duration::from_secs(60), ..Limits::default() };
    Runner::new(out_dir)
        .root(root())
        .options(Options::from_env().expect("the environment is valid"))
        .bless(false)
        .limits(limits)
        .imports("imported-resource", counters::add_to_linker)
        .imports("borrowed-handles", counters::add_to_linker)
}

fn root() -> PathBuf {
    polyfill_runner::root_dir(env!("CARGO_MANIFEST_DIR"))
}
