//! Mutations of a corpus, for as long as asked: what a stable compiler can do without coverage. An input that makes the
//! encoder say something new is kept for further mutations.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;

use super::{TARGETS, Target, mutate};
use crate::encoders::quietly;
use crate::random::Random;

/// Inputs that are kept beside the corpus, at most.
const KEPT: usize = 4000;
/// An input that takes longer is reported.
const SLOW: Duration = Duration::from_secs(5);

/// What to do.
pub struct Plan<'a> {
    /// For how long, all targets together.
    pub time: Duration,
    /// The seed.
    pub seed: u64,
    /// Where the corpora are, a folder for each target.
    pub corpus: &'a Path,
    /// The one target to run; all, if none.
    pub target: Option<&'a str>,
    /// Where inputs go that make the encoder panic.
    pub out: &'a Path,
}

/// What was done with a target.
#[derive(Debug, Default)]
pub struct Report {
    /// Inputs that were tried.
    pub inputs: u64,
    /// Different things that the encoder said.
    pub outcomes: usize,
    /// Panics by message, each with the file of its input.
    pub panics: BTreeMap<String, PathBuf>,
}

/// The files of a target's corpus, in the order of their names.
///
/// # Errors
/// If they cannot be read.
pub fn corpus(folder: &Path) -> anyhow::Result<Vec<(PathBuf, Vec<u8>)>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    paths.into_iter().map(|path| Ok((path.clone(), std::fs::read(path)?))).collect()
}

/// Runs the targets, one after the other.
///
/// # Errors
/// If files cannot be read or written, or there is no such target.
pub fn run(plan: &Plan<'_>) -> anyhow::Result<BTreeMap<&'static str, Report>> {
    let targets: Vec<&Target> =
        TARGETS.iter().filter(|target| plan.target.is_none_or(|name| name == target.name)).collect();
    anyhow::ensure!(!targets.is_empty(), "there is no target `{}`", plan.target.unwrap_or_default());
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
