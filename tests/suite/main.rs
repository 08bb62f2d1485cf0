//! The project's own suite: every case of every guest, through every adapter that fits, on every host.

mod counters;

use std::process::ExitCode;

fn main() -> ExitCode {
    polyfill_runner::suite!()
        .imports("imported-resource", counters::add_to_linker)
        .imports("borrowed-handles", counters::add_to_linker)
        .keep(polyfill_recording::keep)
        .run()
}
