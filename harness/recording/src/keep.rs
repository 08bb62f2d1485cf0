//! Recordings of failing trials, written next to the index.

use std::convert::Infallible;
use std::fs;
use std::path::PathBuf;

use polyfill_builder::system;
use polyfill_runner::{Failed, Failure};

use crate::format::Recording;
use crate::record::{about, adapters};

/// Directory of the recordings of failing trials, next to the index.
const FOLDER: &str = "failed";

/// Runs a failing trial again with a trace, and writes the recording. Used with
/// [`Runner::keep`](polyfill_runner::Runner::keep).
///
/// Returns a line with the path of the recording; or the reason for its absence, with a command that creates it; or
/// `None` if the trial has no calls to replay.
///
/// The recording contains only the published adapters of the chain. `polyfill record` also adds the other adapters,
/// and the calls across the core boundary.
pub fn keep(failure: &Failure<'_>) -> Option<String> {
    let component = failure.component()?;
    write(failure, component).unwrap_or_else(|why| {
        let command = failure.record_command("FILE.wasm");
        let help = command.map(|command| format!("\nhelp: create a recording with `{command}`")).unwrap_or_default();
        Some(format!("not recorded: {why}{help}"))
    })
}

/// Writes the recording and returns its line, or `None` if the trial has no trace.
fn write(failure: &Failure<'_>, component: Vec<u8>) -> Result<Option<String>, String> {
    let mut observation = failure.traced()?;
    let Some(trace) = observation.trace.take() else { return Ok(None) };
    if trace.dropped > 0 {
        return Err(format!("{} calls of the trial exceed the trace limit", trace.dropped));
    }
    let Ok((adapters, modules)) = adapters(&failure.trial.adapter, |_| Ok::<_, Infallible>(None));
    let failed = Failed::all(failure.mismatches, &observation);
    let verdict = (failure.report.to_string(), failed);
    let abis = failure.index.abis.clone();
    let about = about(failure.trial, failure.case.clone(), adapters, observation, verdict, abis);
    let recording = Recording { about, component, trace, main: failure.main(), adapters: modules };
    let path = path(failure);
    let written =
        path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| system::write(&path, &recording.write()));
    written.map_err(|error| format!("cannot write `{}`: {error}", path.display()))?;
    Ok(Some(format!("recording: {} (polyfill show, replay, shrink)", path.display())))
}

/// Returns a path for the recording, with a file name that is valid on every system.
fn path(failure: &Failure<'_>) -> PathBuf {
    let name =
        failure.trial.name().replace("::", ".").replace(|c: char| !c.is_alphanumeric() && !".-_@+".contains(c), "-");
    failure.folder().join(FOLDER).join(format!("{name}.wasm"))
}
