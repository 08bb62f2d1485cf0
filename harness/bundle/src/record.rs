//! A trial of a suite -> a bundle.

use std::path::{Path, PathBuf};

use polyfill_build::case::Case;
use polyfill_build::index::{Artifact, Cell, Index};
use polyfill_build::{AdapterModule, BuildError, Element, Suite, reference};
use polyfill_runner::{
    CellResult, Detail, Engine, EngineKind, EngineOptions, Failed, Observation, Outcome, Runner, Verdict,
};
use thiserror::Error;

use crate::format::{About, AdapterAbout, Bundle, Versions};
use crate::replay::{With, replay};

/// Why a trial has not been recorded.
#[derive(Debug, Error)]
pub enum RecordError {
    /// The suite does not build.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The suite cannot be run.
    #[error(transparent)]
    Run(#[from] polyfill_runner::Error),
    /// There is no such trial, or there are several.
    #[error("`{name}` is no trial of the suite{hint}")]
    NoTrial {
        /// What was asked for.
        name: String,
        /// Trials that are like it.
        hint: String,
    },
    /// There is no component to record, or its host does not run in this process.
    #[error("`{name}` cannot be recorded: {why}")]
    NoComponent {
        /// The trial.
        name: String,
        /// Why.
        why: String,
    },
    /// A file of the build is not there.
    #[error("cannot read {path}: {error}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

/// Builds what the trial needs, runs it with a trace, and keeps everything.
///
/// `suite` is the suite with its settings; the trial's name is whole: `guest::case::adapter::host`.
pub fn record(suite: &Suite, root: &Path, name: &str) -> Result<Bundle, RecordError> {
    let (cell, result, component, index) = run(suite.clone(), root, name)?;
    let Some(mut observation) = result.observation else {
        let why = match result.verdict {
            Verdict::Ignored { reason } => reason,
            _ => "it was not run".into(),
        };
        return Err(RecordError::NoComponent { name: name.into(), why });
    };
    let Some(trace) = observation.trace.take() else {
        let why = format!("no calls are told of by the host `{}`: {}", cell.host, observation.outcome);
        return Err(RecordError::NoComponent { name: name.into(), why });
    };
    if trace.dropped > 0 {
        let why = format!("it makes {} calls more than are kept", trace.dropped);
        return Err(RecordError::NoComponent { name: name.into(), why });
    }
    let case = index.cases.get(&cell.case_key()).map(|entry| entry.case.at(&cell.adapter, &cell.host).into_owned());
    let main = suite.compile(&cell.guest)?.ok();
    let (adapters, modules) = adapters(&cell.adapter, |id| suite.adapter(id))?;
    let failed = Failed::all(&result.mismatches, &observation);
    let verdict = match result.verdict {
        Verdict::Failed { report } => (report, failed),
        _ => (String::new(), failed),
    };
    let about = about(&cell, case.unwrap_or_default(), adapters, observation, verdict);
    let plain = Bundle { about, component, trace, main, adapters: modules };
    // What ends by its time ends elsewhere each time.
    if let Outcome::Timeout { .. } = plain.about.outcome {
        return Ok(plain);
    }
    Ok(with_core_calls(&plain, suite, root, name).unwrap_or(plain))
}

/// What a bundle says of a run; the verdict as text and as data.
pub(crate) fn about(
    cell: &Cell,
    case: Case,
    adapters: Vec<AdapterAbout>,
    observation: Observation,
    (verdict, failed): (String, Vec<Failed>),
) -> About {
    About {
        format: About::FORMAT,
        versions: Versions { polyfill: env!("CARGO_PKG_VERSION").into(), wasmtime: polyfill_runner::WASMTIME.into() },
        trial: cell.name(),
        guest: cell.guest.clone(),
        case,
        adapters,
        outcome: observation.outcome,
        returned: observation.returned,
        stdout: observation.stdout,
        stderr: observation.stderr,
        verdict,
        failed: Some(failed),
        sanitize: cell.sanitize.clone(),
    }
}

/// The same run with the calls across both boundaries: that of the component with interposers in it, if the one without
/// does the same where it finds the same.
fn with_core_calls(plain: &Bundle, suite: &Suite, root: &Path, name: &str) -> Option<Bundle> {
    let (_, traced, ..) = run(suite.clone().trace(true), root, name).ok()?;
    let observation = traced.observation?;
    let about = About {
        outcome: plain.about.outcome.clone(),
        returned: observation.returned,
        stdout: observation.stdout,
        stderr: observation.stderr,
        ..plain.about.clone()
    };
    let both = Bundle { about, trace: observation.trace?, ..plain.clone() };
    let proposals = plain.about.case.wasm.clone();
    let engine = Engine::with_options(&EngineOptions { proposals, ..EngineOptions::default() }, None).ok()?;
    replay(&both, &engine, With::default()).ok()?.same.then_some(both)
}

/// Runs the trial. Its component as well, and the index it is in.
fn run(suite: Suite, root: &Path, name: &str) -> Result<(Cell, CellResult, Vec<u8>, Index), RecordError> {
    // The build knows nothing of engines.
    let words = EngineKind::at_end(name).map_or(name, |(rest, _)| rest);
    let built = suite.filter([words]).build()?;
    let again = match root.to_str() {
        Some(".") | None => "polyfill test".to_string(),
        Some(folder) => format!("polyfill test --suite {folder}"),
    };
    let runner = Runner::new(&built.out_dir).root(root).bless(false).trace(Detail::Full);
    let runner = runner.on_engine_of(name).repeat(&again);
    let index = runner.index()?;
    let Some(cell) = index.cells.iter().find(|cell| cell.name() == name).cloned() else {
        let like: Vec<String> = index.cells.iter().map(Cell::name).take(5).collect();
        let hint = if like.is_empty() { String::new() } else { format!("; there are {}", like.join(", ")) };
        return Err(RecordError::NoTrial { name: name.into(), hint });
    };
    let component = match &cell.artifact {
        Artifact::Component(file) => {
            let path = built.out_dir.join(file);
            polyfill_build::system::read(&path).map_err(|error| RecordError::Read { path, error })?
        }
        Artifact::Module(_) => {
            let why = "on the host `native` there is no component".into();
            return Err(RecordError::NoComponent { name: name.into(), why });
        }
        Artifact::Ignored(why) => return Err(RecordError::NoComponent { name: name.into(), why: why.clone() }),
        Artifact::Failed { message, .. } => {
            return Err(RecordError::NoComponent { name: name.into(), why: message.clone() });
        }
    };
    let result = runner.run_cell(&index, &cell);
    Ok((cell, result, component, index))
}

/// The adapters of a stack that there are modules of; `own` knows those that are not published.
pub(crate) fn adapters<E>(
    stack: &str,
    own: impl Fn(&str) -> Result<Option<AdapterModule>, E>,
) -> Result<(Vec<AdapterAbout>, Vec<Vec<u8>>), E> {
    let (mut abouts, mut modules) = (Vec::new(), Vec::new());
    for name in stack.split('+') {
        let Element::Adapter(id) = Element::parse(name) else { continue };
        let module = match reference::find(id) {
            Some(published) => published.ok().map(|adapter| AdapterModule::published(&adapter)),
            None => own(id)?,
        };
        if let Some(AdapterModule { implements, wasm, .. }) = module {
            abouts.push(AdapterAbout { name: name.into(), implements });
            modules.push(wasm);
        }
    }
    Ok((abouts, modules))
}
