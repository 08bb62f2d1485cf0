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

use std::process::ExitCode;

fn main() -> ExitCode {
    let slow = [sanitize::trials(), stress::trials(), traced::trials(), wasi_async::trials()];
    trials::run_in_sequence(slow.map(trials::slow))
}
