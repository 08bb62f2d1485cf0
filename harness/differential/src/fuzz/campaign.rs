//! Mutational fuzzing of a corpus for a given time, without coverage and on a stable compiler. Inputs with a new
//! outcome are kept for further mutations.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;

use super::{TARGETS, Target, mutate};
use crate::encoders::quietly;
use crate::random::Random;

/// Maximum number of inputs that are kept in addition to the corpus.
const KEPT: usize = 4000;
/// Duration above which an input is reported as slow.
const SLOW: Duration = Duration::from_secs(5);

/// Options of a run.
pub struct Plan<'a> {
    /// Duration of all targets together.
    pub time: Duration,
    /// Seed.
    pub seed: u64,
    /// Directory of the corpora, with one directory per target.
    pub corpus: &'a Path,
    /// Target to run. Default: all.
    pub target: Option<&'a str>,
    /// Directory for inputs that make the encoder panic.
    pub out: &'a Path,
}

/// Results of one target.
#[derive(Debug, Default)]
pub struct Report {
    /// Number of inputs.
    pub inputs: u64,
    /// Number of distinct outcomes.
    pub outcomes: usize,
    /// Panics by message, each with the file of its input.
    pub panics: BTreeMap<String, PathBuf>,
}

/// Returns the files of a target's corpus, ordered by name.
///
/// # Errors
///
/// Returns an error if the directory or a file cannot be read.
pub fn corpus(folder: &Path) -> anyhow::Result<Vec<(PathBuf, Vec<u8>)>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    paths.into_iter().map(|path| Ok((path.clone(), std::fs::read(path)?))).collect()
}

/// Runs the targets in sequence.
///
/// # Errors
///
/// Returns an error if a file cannot be read or written, or the target is unknown.
pub fn run(plan: &Plan<'_>) -> anyhow::Result<BTreeMap<&'static str, Report>> {
    let targets: Vec<&Target> =
        TARGETS.iter().filter(|target| plan.target.is_none_or(|name| name == target.name)).collect();
    anyhow::ensure!(!targets.is_empty(), "unknown target `{}`", plan.target.unwrap_or_default());
    let share = plan.time / targets.len() as u32;
    targets.iter().map(|target| Ok((target.name, run_one(plan, target, share)?))).collect()
}

fn run_one(plan: &Plan<'_>, target: &Target, time: Duration) -> anyhow::Result<Report> {
    let mut inputs: Vec<Vec<u8>> =
        corpus(&plan.corpus.join(target.name))?.into_iter().map(|(_, bytes)| bytes).collect();
    anyhow::ensure!(!inputs.is_empty(), "the corpus of `{}` is empty", target.name);
    let mut random = Random::new(plan.seed, target.name.len() as u64);
    let mut report = Report::default();
    let mut said = BTreeSet::new();
    let started = Instant::now();
    let first = inputs.clone();
    let mut queue = first.into_iter();
    while started.elapsed() < time {
        let input = queue.next().unwrap_or_else(|| {
            let (one, other) = (random.below(inputs.len()), random.below(inputs.len()));
            mutate::mutate(&mut random, &inputs[one], &inputs[other])
        });
        report.inputs += 1;
        let begun = Instant::now();
        match quietly(|| (target.run)(&input)) {
            Ok(outcome) if begun.elapsed() > SLOW => {
                report_panic(plan, target, &mut report, &input, &format!("slow: {outcome}"))?
            }
            Ok(outcome) => {
                if said.insert(outcome) && inputs.len() < KEPT {
                    inputs.push(input);
                }
            }
            Err(message) => report_panic(plan, target, &mut report, &input, &message)?,
        }
    }
    report.outcomes = said.len();
    Ok(report)
}

fn report_panic(
    plan: &Plan<'_>,
    target: &Target,
    report: &mut Report,
    input: &[u8],
    message: &str,
) -> anyhow::Result<()> {
    let kind = crate::compare::plain(message);
    if report.panics.contains_key(&kind) {
        return Ok(());
    }
    let same = |bytes: &[u8]| quietly(|| (target.run)(bytes)).is_err_and(|other| crate::compare::plain(&other) == kind);
    let small = mutate::minimise(input, same);
    let folder = plan.out.join(target.name);
    std::fs::create_dir_all(&folder)?;
    let path = folder.join(format!("panic-{}", report.panics.len()));
    std::fs::write(&path, small)?;
    report.panics.insert(kind, path);
    Ok(())
}
