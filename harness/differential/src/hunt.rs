//! Many worlds, one after the other, on several threads: counts and findings.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::compare::{self, Finding, Verdict};
use crate::encoders::quietly;
use crate::generate::{self, Family, Sample};
use crate::shrink;

/// Threads, at most.
const MOST_JOBS: usize = 256;

/// Which worlds to compare.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// Of this generator only.
    pub family: Option<Family>,
    /// The first world's number.
    pub first: u64,
    /// How many.
    pub worlds: u64,
    /// On how many threads. The result is the same for every number of them.
    pub jobs: usize,
}

/// What a hunt found.
#[derive(Debug, Default)]
pub struct Report {
    /// Worlds by family.
    pub families: BTreeMap<Family, u64>,
    /// Worlds of which both encoders made the same component.
    pub same: u64,
    /// Worlds that both refused, by what we said.
    pub refused: BTreeMap<String, u64>,
    /// Known differences by class: how many, and the first of them.
    pub known: Findings,
    /// Findings by kind: how many, and the first of them.
    pub findings: Findings,
}

/// How many of a kind there are, and the first of them.
pub type Findings = BTreeMap<String, (u64, First)>;

/// The first finding of a kind.
#[derive(Debug)]
pub struct First {
    /// The world's number.
    pub number: u64,
    /// The world.
    pub sample: Sample,
    /// What is different.
    pub finding: Finding,
}

impl Report {
    /// How many worlds were compared.
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

/// Compares worlds; `progress` hears how many are done.
pub fn hunt(plan: &Plan, progress: impl Fn(u64) + Sync) -> Report {
    let next = AtomicU64::new(0);
    let report = Mutex::new(Report::default());
    std::thread::scope(|scope| {
        for _ in 0..plan.jobs.clamp(1, MOST_JOBS) {
            scope.spawn(|| {
                let mut own = Report::default();
                loop {
                    let done = next.fetch_add(1, Ordering::Relaxed);
                    if done >= plan.worlds {
                        break;
                    }
                    let number = plan.first + done;
                    let (family, sample) = generate::sample(plan.family, plan.seed, number);
                    let verdict = judge(&sample);
                    own.add(number, family, sample, verdict);
                    progress(done + 1);
                }
                report.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).join(own);
            });
        }
    });
    report.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// What comparing a sample says; a sample that is no input at all, or a panic in comparing, is a finding too.
pub fn judge(sample: &Sample) -> Verdict {
    match quietly(|| compare::compare(&sample.inputs())) {
        Ok(Ok(verdict)) => verdict,
        Ok(Err(error)) => fault("the generator's text cannot be read", &format!("{error:#}")),
        Err(panic) => fault("the comparison panics", &panic),
    }
}

fn fault(kind: &str, detail: &str) -> Verdict {
    Verdict::Finding(Finding { kind: kind.to_string(), detail: detail.to_string() })
}

/// The first finding of a kind, as small as it gets.
pub fn small(first: &First) -> (Sample, Finding) {
    shrink::shrink(&first.sample, &first.finding, |verdict| match verdict {
        Verdict::Finding(finding) if finding.kind == first.finding.kind => Some(finding),
        _ => None,
    })
}

/// The first world of a known class, as small as it gets.
pub fn small_known(class: &str, first: &First) -> (Sample, Finding) {
    shrink::shrink(&first.sample, &first.finding, |verdict| match verdict {
        Verdict::Known(other, finding) if other.name == class => Some(finding),
        _ => None,
    })
}
