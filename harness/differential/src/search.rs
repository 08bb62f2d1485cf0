//! Differential fuzzing on several threads: compares many worlds, and counts results and findings.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;
use rayon::{ThreadPoolBuildError, ThreadPoolBuilder};

use crate::compare::{self, Finding, Verdict};
use crate::encoders::quietly;
use crate::generate::{self, Family, Sample};
use crate::shrink;

/// Maximum number of threads.
const MOST_JOBS: usize = 256;

/// Worlds to compare.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Seed.
    pub seed: u64,
    /// Family of the worlds. Default: all.
    pub family: Option<Family>,
    /// Number of the first world.
    pub first: u64,
    /// Number of worlds.
    pub worlds: u64,
    /// Number of threads. The result does not depend on it.
    pub jobs: usize,
}

/// Results of a run.
#[derive(Debug, Default)]
pub struct Report {
    /// Number of worlds by family.
    pub families: BTreeMap<Family, u64>,
    /// Number of worlds for which both encoders produced equivalent components.
    pub same: u64,
    /// Number of worlds that both encoders rejected, by this project's message.
    pub refused: BTreeMap<String, u64>,
    /// Known differences by class: the number and the first one.
    pub known: Findings,
    /// Findings by kind: the number and the first one.
    pub findings: Findings,
}

/// Number of occurrences of a kind, and the first one.
pub type Findings = BTreeMap<String, (u64, First)>;

/// First finding of a kind.
#[derive(Debug)]
pub struct First {
    /// Number of the world.
    pub number: u64,
    /// The world.
    pub sample: Sample,
    /// The difference.
    pub finding: Finding,
}

impl Report {
    /// Returns the number of compared worlds.
    pub fn worlds(&self) -> u64 {
        let count = |findings: &Findings| findings.values().map(|(count, _)| count).sum::<u64>();
        self.same + self.refused.values().sum::<u64>() + count(&self.known) + count(&self.findings)
    }

    fn add(&mut self, number: u64, family: Family, sample: Sample, verdict: Verdict) {
        *self.families.entry(family).or_default() += 1;
        match verdict {
            Verdict::Same => self.same += 1,
            Verdict::Refused(message) => *self.refused.entry(message).or_default() += 1,
            Verdict::Known(class, finding) => {
                add(&mut self.known, class.name.to_string(), 1, First { number, sample, finding });
            }
            Verdict::Finding(finding) => {
                add(&mut self.findings, finding.kind.clone(), 1, First { number, sample, finding });
            }
        }
    }

    fn join(&mut self, other: Report) {
        other.families.into_iter().for_each(|(family, count)| *self.families.entry(family).or_default() += count);
        self.same += other.same;
        other.refused.into_iter().for_each(|(message, count)| *self.refused.entry(message).or_default() += count);
        other.known.into_iter().for_each(|(class, (count, first))| add(&mut self.known, class, count, first));
        other.findings.into_iter().for_each(|(kind, (count, first))| add(&mut self.findings, kind, count, first));
    }
}

fn add(findings: &mut Findings, kind: String, count: u64, first: First) {
    match findings.get_mut(&kind) {
        Some((total, known)) => {
            *total += count;
            if first.number < known.number {
                *known = first;
            }
        }
        None => drop(findings.insert(kind, (count, first))),
    }
}

/// Compares worlds. `progress` receives the number of completed worlds.
///
/// # Errors
///
/// Returns an error if the threads cannot be started.
pub fn search(plan: &Plan, progress: impl Fn(u64) + Sync) -> Result<Report, ThreadPoolBuildError> {
    let done = AtomicU64::new(0);
    let compare = |mut report: Report, number: u64| {
        let number = plan.first + number;
        let (family, sample) = generate::sample(plan.family, plan.seed, number);
        let verdict = judge(&sample);
        report.add(number, family, sample, verdict);
        progress(done.fetch_add(1, Ordering::Relaxed) + 1);
        report
    };
    let join = |mut report: Report, other: Report| {
        report.join(other);
        report
    };
    let pool = ThreadPoolBuilder::new().num_threads(plan.jobs.clamp(1, MOST_JOBS)).build()?;
    let worlds = || (0..plan.worlds).into_par_iter().fold(Report::default, compare).reduce(Report::default, join);
    Ok(pool.install(worlds))
}

/// Compares a sample. An invalid sample and a panic during comparison are findings, too.
pub fn judge(sample: &Sample) -> Verdict {
    match quietly(|| compare::compare(&sample.inputs())) {
        Ok(Ok(verdict)) => verdict,
        Ok(Err(error)) => fault("the generated text is invalid", &format!("{error:#}")),
        Err(panic) => fault("the comparison panics", &panic),
    }
}

fn fault(kind: &str, detail: &str) -> Verdict {
    Verdict::Finding(Finding { kind: kind.to_string(), detail: detail.to_string() })
}

/// Shrinks the first finding of a kind.
pub fn small(first: &First) -> (Sample, Finding) {
    shrink::shrink(&first.sample, &first.finding, |verdict| match verdict {
        Verdict::Finding(finding) if finding.kind == first.finding.kind => Some(finding),
        _ => None,
    })
}

/// Shrinks the first world of a known class.
pub fn small_known(class: &str, first: &First) -> (Sample, Finding) {
    shrink::shrink(&first.sample, &first.finding, |verdict| match verdict {
        Verdict::Known(other, finding) if other.name == class => Some(finding),
        _ => None,
    })
}
