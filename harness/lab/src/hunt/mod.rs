//! `polyfill hunt`: programs of random calls, on two sides, compared call by call.
//!
//! ```text
//! seed -- world, generate --> a call -- bench --> seen on both sides -- compare --> differences -- rules --> known
//!            ^                                          |                                            |
//!            +------------- model, coverage <-----------+            cases <-- emit <-- shrink <-- unknown
//! ```
//!
//! What a guest of random calls may not say of two sides is left out where it is seen (`seen`), so that all that differs then
//! is a difference: named by a rule of one reviewed file, or a finding.

mod bench;
mod compare;
mod coverage;
mod emit;
mod functions;
mod generate;
mod guest;
mod lower;
mod model;
mod program;
mod random;
mod report;
mod rules;
mod seen;
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

/// Programs that know of each other what was tried: the unit in which work is shared, so that what is found depends neither on
/// how many threads there are nor on how fast they are.
const BLOCK: u64 = 64;
/// Calls of a program, at least and at most.
const CALLS: (usize, usize) = (4, 18);
/// Programs with one difference that are made small.
const KEPT: usize = 3;

/// How much to try.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where the programs come from.
    pub seed: u64,
    /// How many; rounded up to whole blocks of 64. Without it, until the time is over.
    pub programs: Option<u64>,
    /// When to stop.
    pub time: Option<Duration>,
    /// Threads.
    pub jobs: usize,
    /// The functions that are called; all of them without any.
    pub functions: Vec<&'static Function>,
    /// Whether what is found is made small.
    pub shrink: bool,
}

/// A difference that no rule names, made small.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The smallest program that was found for it, as it ran.
    pub trial: Trial,
    /// The difference.
    pub difference: Difference,
    /// How many programs had one like it.
    pub programs: u64,
}

/// What a block of programs came to.
#[derive(Default)]
struct Block {
    programs: u64,
    calls: u64,
    coverage: Coverage,
    /// Programs in which each rule named something.
    rules: BTreeMap<usize, u64>,
    /// How many programs had each unknown difference.
    unknown: BTreeMap<String, u64>,
    /// The first ones of them.
    kept: Vec<(String, Trial)>,
}

/// Runs programs, and makes what is found small.
pub fn hunt(sides: &Sides, plan: &Plan) -> Report {
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

/// All blocks, by their numbers.
fn blocks(sides: &Sides, plan: &Plan) -> BTreeMap<u64, Block> {
    let until = plan.time.map(|time| Instant::now() + time);
    let last = plan.programs.map(|programs| programs.div_ceil(BLOCK));
    let (next, done) = (AtomicU64::new(0), Mutex::new(BTreeMap::new()));
    thread::scope(|scope| {
        for _ in 0..polyfill_build::system::threads::bounded(plan.jobs) {
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
            coverage.learn(call.function, &step.facts, &step.seen[0].end);
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

/// Makes small what was kept. Of those that come to the same calls, one is left; those that matter most are first.
fn findings(sides: &Sides, plan: &Plan, all: &Block) -> Vec<Finding> {
    let (next, done) = (AtomicU64::new(0), Mutex::new(BTreeMap::new()));
    thread::scope(|scope| {
        for _ in 0..polyfill_build::system::threads::bounded(plan.jobs) {
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

/// The functions that are called.
fn shape(program: &Program) -> Vec<&'static str> {
    program.calls.iter().map(|call| call.function.name).collect()
}

impl Finding {
    /// Less for what matters more.
    fn rank(&self) -> u8 {
        let success = [&self.difference.old, &self.difference.new].into_iter().any(|end| end == "success");
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

/// The function of preview1 of that name.
pub fn function(name: &str) -> Option<&'static Function> {
    functions::find(name).map(|(_, function)| function)
}
