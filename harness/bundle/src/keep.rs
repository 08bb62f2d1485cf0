//! A failing cell -> a bundle beside the index, made of what is at hand there.

use std::convert::Infallible;
use std::fs;
use std::path::PathBuf;

use polyfill_runner::{Failed, Failure};

use crate::format::Bundle;
use crate::record::{about, adapters};

/// The folder of bundles of failing cells, beside the index.
const FOLDER: &str = "failed";

/// Runs a failing cell once more, with a trace, and writes the bundle: for
/// [`Runner::keep`](polyfill_runner::Runner::keep). A line that says where it is, or why there is none and the command that
/// makes one; no line where there is nothing to play.
///
/// Of the adapters it holds those that are published. `polyfill record` looks for the others, too, and for the calls across
/// the core boundary.
pub fn keep(failure: &Failure<'_>) -> Option<String> {
    let component = failure.component()?;
    write(failure, component).unwrap_or_else(|why| {
        let command = failure.record_command("FILE.wasm");
        let help = command.map(|command| format!("\nhelp: `{command}` makes a recording")).unwrap_or_default();
        Some(format!("not kept: {why}{help}"))
    })
}

/// The line, if there are calls to play.
fn write(failure: &Failure<'_>, component: Vec<u8>) -> Result<Option<String>, String> {
    let mut observation = failure.traced()?;
    let Some(trace) = observation.trace.take() else { return Ok(None) };
    if trace.dropped > 0 {
        return Err(format!("the trial makes {} calls more than are kept", trace.dropped));
    }
    let Ok((adapters, modules)) = adapters(&failure.cell.adapter, |_| Ok::<_, Infallible>(None));
    let failed = Failed::all(failure.mismatches, &observation);
    let verdict = (failure.report.to_string(), failed);
    let about = about(failure.cell, failure.case.clone(), adapters, observation, verdict);
    let bundle = Bundle { about, component, trace, main: failure.main(), adapters: modules };
    let path = path(failure);
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, bundle.write()));
    written.map_err(|error| format!("cannot write `{}`: {error}", path.display()))?;
    Ok(Some(format!("kept: {} (polyfill show, replay, shrink)", path.display())))
}

/// A file name for a trial's, on any system.
fn path(failure: &Failure<'_>) -> PathBuf {
    let name =
        failure.cell.name().replace("::", ".").replace(|c: char| !c.is_alphanumeric() && !".-_@+".contains(c), "-");
    failure.folder().join(FOLDER).join(format!("{name}.wasm"))
}
