//! Programs from a suite: a guest, compiled, and encoded with the suite's settings or with adapters of the command
//! line.

use anyhow::{Context, Error, anyhow, bail};
use polyfill_builder::case::Case;
use polyfill_builder::index::{Artifact, Index, Sanitize, Stage, Trial, is_native, without_engine};
use polyfill_builder::side::Side;
use polyfill_builder::{Built, Element, Suite, reference};
use polyfill_runner::Outcome;

use super::file::{self, not_on_native};
use super::{Code, Program};
use crate::adapt::Adapt;
use crate::args::RunArgs;
use crate::load;
use crate::{chain, output};

/// Adapter chain and inputs of the sanitizer, if it is enabled.
type Checked = Option<(String, Sanitize)>;

/// Builds the guest and selects one of its trials.
pub(super) fn load(args: &RunArgs) -> anyhow::Result<Program> {
    let guest = args.program.as_str();
    let suite = Suite::from_env(&args.suite).filter([format!("{guest}::")]).progress(output::progress);
    let suite = suite.trace(args.is_traced()).sanitize(args.sanitize);
    let mut built = suite.build()?;
    if let Some(side) = other_adapter(args, &trials(&built.index, guest)) {
        let again = suite.clone().sides([side]).build()?;
        if !trials(&again.index, guest).is_empty() {
            built = again;
        }
    }
    let trials = trials(&built.index, guest);
    if trials.is_empty() {
        // The guest does not exist. The suite lists the available ones.
        suite.compile(guest)?.map_err(|(stage, message)| not_built(guest, stage, message))?;
    }
    let case =
        trials.first().and_then(|trial| built.index.cases.get(&trial.case_key())).map(|entry| entry.case.clone());
    let case = case.unwrap_or_default();
    let published = args.adapter.as_deref().and_then(published);
    let (code, host, sanitize) = match (super::is_native(args), published.as_ref().unwrap_or(&args.encoding.adapts)) {
        (true, _) => (Code::Module(alone(args, &suite)?), None, None),
        (false, adapts) if adapts.is_empty() => as_the_suite_says(args, &built, &trials)?,
        (false, adapts) => {
            let (component, sanitize) = with_adapters(args, adapts, &suite, &case)?;
            (Code::Component(component), None, sanitize)
        }
    };
    // Next to the index; `polyfill test` uses the same directory.
    let cache = Some(built.out_dir.join("compiled"));
    let preopens = case.preopened();
    let Case { imports: answers, files, wasm: proposals, .. } = case;
    Ok(Program { name: guest.to_string(), code, answers, files, preopens, proposals, host, cache, sanitize })
}

/// Name of the chain without adapters.
const NO_ADAPTER: &str = "none";

/// Returns the configuration for an adapter chain that no trial of the guest has, on the host of its trials.
fn other_adapter(args: &RunArgs, trials: &[&Trial]) -> Option<Side> {
    let adapter = args.adapter.as_deref().filter(|adapter| published(adapter).is_none())?;
    if adapter == NO_ADAPTER || super::is_native(args) || trials.iter().any(|trial| chain::is_named(trial, adapter)) {
        return None;
    }
    let host = args
        .host
        .as_deref()
        .or_else(|| trials.iter().map(|trial| trial.host.as_str()).find(|host| !is_native(host)))?;
    format!("{adapter}@{}", without_engine(host)).parse().ok()
}

/// Returns the trials of one of the guest's cases: `default`, or else the first. A case that requires host code of
/// the suite, which is not available here, is the last choice.
fn trials<'a>(index: &'a Index, guest: &str) -> Vec<&'a Trial> {
    let trials: Vec<&Trial> = index.trials.iter().filter(|trial| trial.guest == guest).collect();
    let rank = |trial: &&&Trial| {
        let entry = index.cases.get(&trial.case_key());
        (entry.is_some_and(|entry| entry.case.host_code), trial.case != "default")
    };
    let case = trials.iter().min_by_key(rank).map(|trial| trial.case.clone());
    trials.into_iter().filter(|trial| Some(&trial.case) == case.as_ref()).collect()
}

fn as_the_suite_says(
    args: &RunArgs,
    built: &Built,
    trials: &[&Trial],
) -> anyhow::Result<(Code, Option<String>, Checked)> {
    let guest = args.program.clone();
    if let Some(flag) = file::given(&args.encoding) {
        bail!(
            "{flag} requires --adapt: guest `{guest}` is encoded with the settings of the suite\n  help: add --adapt, or \
             change the case or the sidecar files of the guest and its adapters"
        );
    }
    let fits = |trial: &&&Trial| args.adapter.as_ref().is_none_or(|adapter| chain::is_named(trial, adapter));
    let is_component = |trial: &&&Trial| matches!(trial.artifact, Artifact::Component(_));
    let fitting = || trials.iter().filter(fits);
    let Some(trial) = fitting().find(is_component).or_else(|| fitting().next()) else {
        let mut chains: Vec<&str> = trials.iter().map(|trial| trial.adapter.as_str()).collect();
        chains.dedup();
        let adapter = args.adapter.clone().unwrap_or_default();
        bail!(
            "adapter `{adapter}` does not match guest `{guest}`\n  help: use one of its adapter chains: {}",
            chains.join(", ")
        );
    };
    match &trial.artifact {
        Artifact::Component(file) => {
            let sanitize = trial.sanitize.clone().filter(|_| args.sanitize).map(|check| (trial.adapter.clone(), check));
            Ok((Code::Component(read(built, file)?), Some(trial.host.clone()), sanitize))
        }
        Artifact::Module(_) if args.sanitize => Err(not_on_native("--sanitize")),
        Artifact::Module(file) => Ok((Code::Module(read(built, file)?), None, None)),
        Artifact::Ignored(reason) => bail!("guest `{guest}` is ignored: {reason}"),
        Artifact::Failed { stage, message } => Err(not_built(&guest, *stage, message.clone())),
    }
}

fn read(built: &Built, file: &str) -> anyhow::Result<Vec<u8>> {
    let path = built.out_dir.join(file);
    polyfill_builder::system::read(&path).with_context(|| format!("cannot read `{}`", path.display()))
}

/// Reads the core module, for the host `native`.
fn alone(args: &RunArgs, suite: &Suite) -> anyhow::Result<Vec<u8>> {
    let flag = file::given(&args.encoding).or(args.adapter.as_ref().map(|_| "--adapter"));
    let flag = flag.or(args.sanitize.then_some("--sanitize"));
    if let Some(flag) = flag {
        return Err(not_on_native(flag));
    }
    suite.compile(&args.program)?.map_err(|(stage, message)| not_built(&args.program, stage, message))
}

/// Returns true for a chain of only published and interposition adapters, which is available for any guest,
/// regardless of its cases.
fn published(chain: &str) -> Option<Vec<Adapt>> {
    let is_one = |word: &str| matches!(Element::parse(word), Element::Interposer(_)) || reference::find(word).is_some();
    chain.split('+').all(is_one).then(|| chain.split('+').map(str::parse).collect::<Result<_, _>>().ok()).flatten()
}

fn with_adapters(args: &RunArgs, adapts: &[Adapt], suite: &Suite, case: &Case) -> anyhow::Result<(Vec<u8>, Checked)> {
    let guest = args.program.as_str();
    let wasm = suite.compile(guest)?.map_err(|(stage, message)| not_built(guest, stage, message))?;
    let modules = load::modules(guest, wasm, &args.encoding, adapts)?;
    let modules = modules.reported(args.reported());
    let mut options = load::options(&args.encoding, true);
    if case.encode.realloc_via_memory_grow {
        options.region = polyfill_encoder::Region::MemoryGrow;
    }
    let (component, check) = modules.encode(&options)?;
    let component = polyfill_builder::provided(component, &case.encode);
    let component = component.map_err(|message| not_built(guest, Stage::Encode, message))?;
    Ok((component, check.map(|check| (super::chain_name(args, adapts), check))))
}

fn not_built(guest: &str, stage: Stage, message: String) -> Error {
    let outcome = Outcome::NotBuilt { stage, message };
    anyhow!("guest `{guest}` {outcome}")
}
