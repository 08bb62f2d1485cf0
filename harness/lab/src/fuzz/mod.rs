//! Differential fuzzing (`polyfill fuzz`): runs programs of random calls on two sides and compares them call by call.
//!
//! ```text
//! seed -- world, generate --> a call -- bench --> two observations ---- compare --> differences -- rules --> known
//!            ^                                          |                                            |
//!            +------------- model, coverage <-----------+            cases <-- emit <-- shrink <-- unknown
//! ```
//!
//! Values that legitimately differ between the sides are removed during observation (`observed`). Every remaining
//! difference is covered by a rule of one reviewed file, or is a finding.

mod bench;
mod compare;
mod coverage;
mod emit;
mod functions;
mod generate;
mod guest;
mod lower;
mod model;
mod observed;
mod program;
mod random;
mod report;
mod rules;
mod shrink;
mod trial;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

pub use bench::{Bench, BenchError};
pub use compare::Difference;
pub use emit::{EmitError, Emitted, emit};
pub use functions::Function;
pub(crate) use functions::{Domain, FUNCTIONS, Kind};
pub(crate) use guest::{Calls, calls, world as guest_world};
pub use program::{Call, Program};
pub use report::Report;
pub use rules::{RULES_FILE, Rule, Rules};
pub use trial::{Sides, Trial};

use coverage::Coverage;
use random::Random;

/// Number of programs per block. Programs of a block share coverage. The work is distributed by block, so that the
/// findings depend neither on the number of threads nor on their speed.
const BLOCK: u64 = 64;
/// Minimum and maximum number of calls of a program.
const CALLS: (usize, usize) = (4, 18);
/// Maximum number of programs that are shrunk per difference.
const KEPT: usize = 3;

/// Extent of a fuzzing run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Seed of the generator.
    pub seed: u64,
    /// Number of programs, rounded up to whole blocks of 64. `None`: until the time limit.
    pub programs: Option<u64>,
    /// Time limit.
    pub time: Option<Duration>,
    /// Number of threads.
    pub jobs: usize,
    /// Functions to call. Empty: all.
    pub functions: Vec<&'static Function>,
    /// Set to shrink findings.
    pub shrink: bool,
}

/// A shrunk difference that no rule covers.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The smallest known program with the difference, and its run.
    pub trial: Trial,
    /// The difference.
    pub difference: Difference,
    /// Number of programs with the same difference.
    pub programs: u64,
}

/// Results of a block of programs.
#[derive(Default)]
struct Block {
    programs: u64,
    calls: u64,
    coverage: Coverage,
    /// Number of programs in which each rule applied.
    rules: BTreeMap<usize, u64>,
    /// Number of programs with each unknown difference.
    unknown: BTreeMap<String, u64>,
    /// The first programs with each unknown difference.
    kept: Vec<(String, Trial)>,
}

/// Runs programs and shrinks the findings.
pub fn fuzz(sides: &Sides, plan: &Plan) -> Report {
    let started = Instant::now();
    let blocks = blocks(sides, plan);
    let mut all = Block::default();
    for block in blocks.into_values() {
        all.join(block);
    }
    let took = started.elapsed();
    let findings = findings(sides, plan, &all);
    Report::new(sides, &all, findings, took)
}

/// Runs all blocks and orders the results by block number.
fn blocks(sides: &Sides, plan: &Plan) -> BTreeMap<u64, Block> {
    let until = plan.time.map(|time| Instant::now() + time);
    let last = plan.programs.map(|programs| programs.div_ceil(BLOCK));
    let (next, done) = (AtomicU64::new(0), Mutex::new(BTreeMap::new()));
    thread::scope(|scope| {
        for _ in 0..polyfill_builder::system::threads::bounded(plan.jobs) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let is_over = until.is_some_and(|until| Instant::now() >= until);
                    if is_over || last.is_some_and(|last| number >= last) {
                        return;
                    }
                    let block = block(sides, plan, number);
                    done.lock().unwrap_or_else(PoisonError::into_inner).insert(number, block);
                }
            });
        }
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn block(sides: &Sides, plan: &Plan, number: u64) -> Block {
    let mut block = Block::default();
    for program in 0..BLOCK {
        let random = &mut Random::new(plan.seed, number * BLOCK + program);
        let world = world::world(random);
        let most = CALLS.0 + random.below(CALLS.1 - CALLS.0);
        let coverage = &mut block.coverage;
        let trial = sides.trial(&world, |model, made| {
            (made < most).then(|| generate::next(random, model, coverage, &plan.functions, made as u32))
        });
        for (call, step) in trial.program.calls.iter().zip(&trial.steps) {
            coverage.learn(call.function, &step.facts, &step.observed[0].end);
        }
        block.take(trial);
    }
    block
}

impl Block {
    fn take(&mut self, trial: Trial) {
        self.programs += 1;
        self.calls += trial.steps.len() as u64;
        let rules: BTreeSet<usize> = trial.differences.iter().filter_map(|(_, rule)| *rule).collect();
        for rule in rules {
            *self.rules.entry(rule).or_default() += 1;
        }
        let unknown = trial.differences.iter().filter(|(_, rule)| rule.is_none());
        let unknown: BTreeSet<String> = unknown.map(|(difference, _)| difference.signature()).collect();
        for signature in unknown {
            *self.unknown.entry(signature.clone()).or_default() += 1;
            self.keep(signature, &trial);
        }
    }

    fn keep(&mut self, signature: String, trial: &Trial) {
        if self.kept.iter().filter(|(known, _)| *known == signature).count() < KEPT {
            self.kept.push((signature, trial.clone()));
        }
    }

    fn join(&mut self, other: Block) {
        self.programs += other.programs;
        self.calls += other.calls;
        self.coverage.join(other.coverage);
        for (rule, count) in other.rules {
            *self.rules.entry(rule).or_default() += count;
        }
        for (signature, count) in other.unknown {
            *self.unknown.entry(signature).or_default() += count;
        }
        for (signature, trial) in other.kept {
            self.keep(signature, &trial);
        }
    }
}

/// Shrinks the recorded trials. Findings with equal calls are merged. The most important findings come first.
fn findings(sides: &Sides, plan: &Plan, all: &Block) -> Vec<Finding> {
    let (next, done) = (AtomicU64::new(0), Mutex::new(BTreeMap::new()));
    thread::scope(|scope| {
        for _ in 0..polyfill_builder::system::threads::bounded(plan.jobs) {
            scope.spawn(|| {
                while let Some((signature, trial)) = all.kept.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                    let small = if plan.shrink { shrink::shrink(sides, trial, signature) } else { trial.clone() };
                    let found = small.unexplained(|difference| difference.signature() == *signature).cloned();
                    if let Some(difference) = found {
                        let programs = all.unknown.get(signature).copied().unwrap_or_default();
                        let shape = (signature.clone(), shape(&small.program));
                        let finding = Finding { trial: small, difference, programs };
                        done.lock().unwrap_or_else(PoisonError::into_inner).entry(shape).or_insert(finding);
                    }
                }
            });
        }
    });
    let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut findings: Vec<Finding> = done.into_values().collect();
    findings.sort_by_key(|finding| (finding.rank(), finding.trial.program.calls.len()));
    findings
}

/// Returns the functions to call.
fn shape(program: &Program) -> Vec<&'static str> {
    program.calls.iter().map(|call| call.function.name).collect()
}

impl Finding {
    /// Returns the rank of a finding. A lower rank is more important.
    fn rank(&self) -> u8 {
        let success = [&self.difference.baseline, &self.difference.candidate].into_iter().any(|end| end == "success");
        match self.difference.place.as_str() {
            "outside" => 0,
            "outcome" => 1,
            "files" => 2,
            "errno" if success => 3,
            "errno" => 5,
            _ => 4,
        }
    }
}

/// Finds a preview1 function by name.
pub fn function(name: &str) -> Option<&'static Function> {
    functions::find(name).map(|(_, function)| function)
}
