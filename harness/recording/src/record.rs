//! Recording of a trial of a suite.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use polyfill_builder::case::{Case, Proposal};
use polyfill_builder::index::{Artifact, Trial};
use polyfill_builder::{AdapterModule, BuildError, Element, Suite, reference};
use polyfill_runner::{
    Detail, Engine, EngineKind, EngineOptions, Failed, Observation, Outcome, Runner, TrialResult, Verdict,
};
use thiserror::Error;

use crate::format::{About, AdapterAbout, Recording, Versions};
use crate::replay::{ReplayOptions, replay};

/// Error in recording a trial.
#[derive(Debug, Error)]
pub enum RecordError {
    /// The suite does not build.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The suite cannot be run.
    #[error(transparent)]
    Run(#[from] polyfill_runner::Error),
    /// The name matches no trial, or several.
    #[error("trial `{name}` not found in the suite{hint}")]
    NoTrial {
        /// Requested name.
        name: String,
        /// Similar trial names.
        hint: String,
    },
    /// The trial has no component to record, or its host runs in another process and reports no calls.
    #[error("cannot record trial `{name}`: {why}")]
    NoComponent {
        /// Name of the trial.
        name: String,
        /// Reason.
        why: String,
    },
    /// A file of the build cannot be read.
    #[error("cannot read `{path}`: {error}")]
    Read {
        /// Path of the file.
        path: PathBuf,
        /// Cause.
        error: std::io::Error,
    },
}

/// Builds the artifacts of a trial, runs it with a trace, and returns the recording.
///
/// `suite` contains its settings. `name` is the full name of the trial: `guest::case::adapter::host`. `proposals` are
/// enabled in addition to those of its case, and become part of the recorded case.
///
/// # Errors
///
/// [`RecordError`] if the suite does not build, the trial does not exist, or its run cannot be recorded.
pub fn record(
    suite: &Suite,
    root: &Path,
    name: &str,
    proposals: &BTreeSet<Proposal>,
) -> Result<Recording, RecordError> {
    let Ran { trial, case, result, component, abis } = run(suite.clone(), root, name, proposals)?;
    let Some(mut observation) = result.observation else {
        let why = match result.verdict {
            Verdict::Ignored { reason } => reason,
            _ => "not run".into(),
        };
        return Err(RecordError::NoComponent { name: name.into(), why });
    };
    let Some(trace) = observation.trace.take() else {
        let why = format!("host `{}` reports no calls: {}", trial.host, observation.outcome);
        return Err(RecordError::NoComponent { name: name.into(), why });
    };
    if trace.dropped > 0 {
        let why = format!("{} calls exceed the trace limit", trace.dropped);
        return Err(RecordError::NoComponent { name: name.into(), why });
    }
    let main = suite.compile(&trial.guest)?.ok();
    let (adapters, modules) = adapters(&trial.adapter, |id| suite.adapter(id))?;
    let failed = Failed::all(&result.mismatches, &observation);
    let verdict = match result.verdict {
        Verdict::Failed { report } => (report, failed),
        _ => (String::new(), failed),
    };
    let about = about(&trial, case, adapters, observation, verdict, abis);
    let plain = Recording { about, component, trace, main, adapters: modules };
    // A run that ends by its time limit ends at a different place each time.
    if let Outcome::Timeout { .. } = plain.about.outcome {
        return Ok(plain);
    }
    Ok(with_core_calls(&plain, suite, root, name).unwrap_or(plain))
}

/// Describes a run for its recording; `verdict` holds the report and the failures.
pub(crate) fn about(
    trial: &Trial,
    case: Case,
    adapters: Vec<AdapterAbout>,
    observation: Observation,
    (verdict, failed): (String, Vec<Failed>),
    abis: Vec<polyfill_abi::Source>,
) -> About {
    About {
        format: About::FORMAT,
        versions: Versions { polyfill: env!("CARGO_PKG_VERSION").into(), wasmtime: polyfill_runner::WASMTIME.into() },
        trial: trial.name(),
        guest: trial.guest.clone(),
        case,
        adapters,
        outcome: observation.outcome,
        returned: observation.returned,
        stdout: observation.stdout,
        stderr: observation.stderr,
        verdict,
        failed: Some(failed),
        sanitize: trial.sanitize.clone(),
        abis,
    }
}

/// Returns a trace of the same run with calls across both boundaries. The trace is that of the component with
/// interposition adapters, if its run matches the run without them.
fn with_core_calls(plain: &Recording, suite: &Suite, root: &Path, name: &str) -> Option<Recording> {
    let proposals = plain.about.case.wasm.clone();
    let traced = run(suite.clone().trace(true), root, name, &proposals).ok()?;
    let observation = traced.result.observation?;
    let about = About {
        outcome: plain.about.outcome.clone(),
        returned: observation.returned,
        stdout: observation.stdout,
        stderr: observation.stderr,
        ..plain.about.clone()
    };
    let both = Recording { about, trace: observation.trace?, ..plain.clone() };
    let engine = Engine::with_options(&EngineOptions { proposals, ..EngineOptions::default() }, None).ok()?;
    replay(&both, &engine, ReplayOptions::default()).ok()?.same.then_some(both)
}

/// Trial that ran.
struct Ran {
    trial: Trial,
    case: Case,
    result: TrialResult,
    component: Vec<u8>,
    /// Descriptions of import modules of the suite.
    abis: Vec<polyfill_abi::Source>,
}

fn run(suite: Suite, root: &Path, name: &str, proposals: &BTreeSet<Proposal>) -> Result<Ran, RecordError> {
    // The build does not depend on the engine.
    let words = EngineKind::at_end(name).map_or(name, |(rest, _)| rest);
    let built = suite.filter([words]).build()?;
    let again = match root.to_str() {
        Some(".") | None => "polyfill test".to_string(),
        Some(folder) => format!("polyfill test --suite {folder}"),
    };
    let runner = Runner::new(&built.out_dir).root(root).bless(false).trace(Detail::Full);
    let runner = runner.on_engine_of(name).repeat(&again).proposals(proposals.iter().copied());
    let index = runner.index()?;
    let Some(trial) = index.trials.iter().find(|trial| trial.name() == name).cloned() else {
        let like: Vec<String> = index.trials.iter().map(Trial::name).take(5).collect();
        let hint =
            if like.is_empty() { String::new() } else { format!("\n  help: similar names: {}", like.join(", ")) };
        return Err(RecordError::NoTrial { name: name.into(), hint });
    };
    let component = match &trial.artifact {
        Artifact::Component(file) => {
            let path = built.out_dir.join(file);
            polyfill_builder::system::read(&path).map_err(|error| RecordError::Read { path, error })?
        }
        Artifact::Module(_) => {
            let why = "host `native` runs a core module, not a component".into();
            return Err(RecordError::NoComponent { name: name.into(), why });
        }
        Artifact::Ignored(why) => return Err(RecordError::NoComponent { name: name.into(), why: why.clone() }),
        Artifact::Failed { message, .. } => {
            return Err(RecordError::NoComponent { name: name.into(), why: message.clone() });
        }
    };
    let result = runner.run_trial(&index, &trial);
    let case = runner.case_of(&index, &trial).map(|(_, case)| case.into_owned()).unwrap_or_default();
    Ok(Ran { trial, case, result, component, abis: index.abis })
}

/// Returns the available adapter modules of a chain; `own` looks up adapters that are not published.
pub(crate) fn adapters<E>(
    chain: &str,
    own: impl Fn(&str) -> Result<Option<AdapterModule>, E>,
) -> Result<(Vec<AdapterAbout>, Vec<Vec<u8>>), E> {
    let (mut abouts, mut modules) = (Vec::new(), Vec::new());
    for name in chain.split('+') {
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
