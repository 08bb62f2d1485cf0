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
use std::time::{Duration, Instant};

use polyfill_builder::system::threads;

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
    for block in blocks {
        all.join(block);
    }
    let took = started.elapsed();
    let findings = findings(sides, plan, &all);
    Report::new(sides, &all, findings, took)
}

/// Runs all blocks. Returns their results, by block number.
fn blocks(sides: &Sides, plan: &Plan) -> Vec<Block> {
    let until = plan.time.map(|time| Instant::now() + time);
    let last = plan.programs.map_or(u64::MAX, |programs| programs.div_ceil(BLOCK));
    let numbers = (0..last).take_while(|_| until.is_none_or(|until| Instant::now() < until));
    threads::map(threads::bounded(plan.jobs), numbers, |number| block(sides, plan, number))
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
    let shrunk = threads::map(threads::bounded(plan.jobs), &all.kept, |(signature, trial)| {
        let trial = if plan.shrink { shrink::shrink(sides, trial, signature) } else { trial.clone() };
        let difference = trial.unexplained(|difference| difference.signature() == *signature).cloned()?;
        let programs = all.unknown.get(signature).copied().unwrap_or_default();
        Some(((signature, shape(&trial.program)), Finding { trial, difference, programs }))
    });
    let mut by_shape = BTreeMap::new();
    for (shape, finding) in shrunk.into_iter().flatten() {
        by_shape.entry(shape).or_insert(finding);
    }
    let mut findings: Vec<Finding> = by_shape.into_values().collect();
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
