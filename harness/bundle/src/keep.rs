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
/// [`Runner::keep`](polyfill_runner::Runner::keep). A line that says where it is; none where there is nothing to play, or no
/// room.
///
/// Of the adapters it holds those that are published. `polyfill record` looks for the others, too, and for the calls across
/// the core boundary.
pub fn keep(failure: &Failure<'_>) -> Option<String> {
    let component = failure.component()?;
    let mut observation = failure.traced();
    let trace = observation.trace.take().filter(|trace| trace.dropped == 0)?;
    let Ok((adapters, modules)) = adapters(&failure.cell.adapter, |_| Ok::<_, Infallible>(None));
    let failed = Failed::all(failure.mismatches, &observation);
    let verdict = (failure.report.to_string(), failed);
    let about = about(failure.cell, failure.case.clone(), adapters, observation, verdict);
    let bundle = Bundle { about, component, trace, main: failure.main(), adapters: modules };
    let path = path(failure);
    fs::create_dir_all(path.parent()?).ok()?;
    fs::write(&path, bundle.write()).ok()?;
    Some(format!("kept: {} (polyfill show, replay, shrink)", path.display()))
}

/// A file name for a trial's, on any system.
fn path(failure: &Failure<'_>) -> PathBuf {
    let name =
        failure.cell.name().replace("::", ".").replace(|c: char| !c.is_alphanumeric() && !".-_@+".contains(c), "-");
    failure.folder().join(FOLDER).join(format!("{name}.wasm"))
}
