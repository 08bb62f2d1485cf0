//! Sweeps: every call that a case makes of its host fails once, in every way that its result's type allows, and every growth of
//! memory is refused once. What comes of each is judged by the guest's call that it was in, and by those after it.
//!
//! ```text
//! case -- subject --> a run without a fault -- ways --> faults -- inject --> runs -- judge --> table -- rules --> report
//! ```

mod alter;
mod calls;
mod clean;
mod errors;
mod inject;
mod judge;
mod report;
mod rules;
mod subject;
mod table;
mod ways;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use polyfill_build::side::Side;
use polyfill_build::{BuildError, Suite};
use polyfill_runner::{Compiler, Engine, EngineError, EngineKind, Trace, Violation};
use thiserror::Error;

pub use judge::{GROWTH, RIGHT, START, Verdict};
pub use report::{Judgement, Row, SideJudgement};
pub use rules::{RULES_FILE, Rule, Rules};
pub use subject::{At, Fault};
pub use table::{Cell, Count, Swept, Table};
pub use ways::{Group, Way};

use subject::{Subject, Subjects, subjects};

/// A sweep that cannot be made.
#[derive(Debug, Error)]
pub enum SweepError {
    /// The suite does not build.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The engine does not work here.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// There is no host whose calls could fail.
    #[error("on the host `native` there is no adapter: name one")]
    Native,
    /// Not one of this process.
    #[error("there is no host `{host}` to be swept; there are {hosts}")]
    NoHost {
        /// What was asked for.
        host: String,
        /// Those that there are.
        hosts: String,
    },
    /// Nothing to do.
    #[error("{0}")]
    Nothing(String),
    /// The case has no such fault.
    #[error("`{case}` on {side} has no fault `{fault}`; there are {known}")]
    NoFault {
        /// The case.
        case: String,
        /// The side.
        side: String,
        /// What was asked for.
        fault: String,
        /// Some that there are.
        known: String,
    },
}

/// What to sweep.
pub struct Plan {
    /// The suite, with the words that select its trials.
    pub suite: Suite,
    /// The sides.
    pub sides: Vec<Side>,
    /// Only faults in these functions of the guest's, if there are any.
    pub only: Vec<String>,
    /// Threads.
    pub jobs: usize,
    /// Whether these are all cases of the suite that are swept.
    pub whole: bool,
}

/// A run with one fault.
pub struct One {
    /// `guest::case`.
    pub case: String,
    /// The side.
    pub side: String,
    /// The fault.
    pub fault: Fault,
    /// How it ended.
    pub outcome: String,
    /// Its calls.
    pub trace: Trace,
    /// What calls did that they must not, where that was looked for.
    pub violations: Vec<Violation>,
    /// What came of it.
    pub verdict: Verdict,
}

/// Makes all faults.
pub fn sweep(plan: &Plan) -> Result<Swept, SweepError> {
    let engine = engine()?;
    let mut tables = Vec::new();
    for side in &plan.sides {
        tables.push(table(plan, &subjects(&engine, &plan.suite, side)?, side));
    }
    if tables.iter().all(|table| table.runs == 0) {
        return Err(SweepError::Nothing(nothing(plan, &tables)));
    }
    Ok(Swept { tables, whole: plan.whole && plan.only.is_empty() })
}

/// Makes one fault, `12:no-entry`, of the one case that the plan selects.
pub fn one(plan: &Plan, fault: &str) -> Result<One, SweepError> {
    let engine = engine()?;
    let [side] = &plan.sides[..] else {
        return Err(SweepError::Nothing("a fault is one of one adapter: name it (--adapter)".into()));
    };
    let Subjects { ready, left_out } = subjects(&engine, &plan.suite, side)?;
    let [subject] = &ready[..] else {
        let names = ready.iter().map(|subject| &subject.name).chain(left_out.iter().map(|(name, _)| name));
        let names: Vec<&str> = names.map(String::as_str).collect();
        return Err(SweepError::Nothing(format!("a fault is one of one case; selected are {}", names.join(", "))));
    };
    let Some(fault) = subject.faults.iter().find(|known| known.to_string() == fault) else {
        let at = fault.split(':').next().unwrap_or_default();
        let mut known: Vec<String> =
            subject.faults.iter().filter(|known| known.at.to_string() == at).map(Fault::to_string).collect();
        if known.is_empty() {
            known = subject.faults.iter().take(1).chain(subject.faults.last()).map(Fault::to_string).collect();
        }
        let (case, side) = (subject.name.clone(), side.to_string());
        return Err(SweepError::NoFault { case, side, fault: fault.to_string(), known: known.join(", ") });
    };
    let run = subject.run(fault);
    let verdict = subject.judge(fault, &run);
    Ok(One {
        case: subject.name.clone(),
        side: side.to_string(),
        fault: fault.clone(),
        outcome: run.observation.outcome.to_string(),
        trace: run.trace,
        violations: run.observation.violations,
        verdict,
    })
}

/// Why there is no fault to make.
fn nothing(plan: &Plan, tables: &[Table]) -> String {
    let sides: Vec<String> = plan.sides.iter().map(ToString::to_string).collect();
    let reason = |why: &String| why.lines().next().unwrap_or_default().to_string();
    let left_out = tables.iter().flat_map(|table| &table.left_out);
    let left_out: Vec<String> = left_out.map(|(case, why)| format!("{case} ({})", reason(why))).collect();
    match &left_out[..] {
        [] if tables.iter().all(|table| table.cases.is_empty()) => {
            format!("no case that is asked for is on {}", sides.join(" or "))
        }
        [] => "no call of the host that is asked for can fail".to_string(),
        _ => format!("no case that is asked for can be swept: {}", left_out.join(", ")),
    }
}

/// Memories come out of a pool: setting them up would take longer than most runs.
fn engine() -> Result<Engine, EngineError> {
    Engine::of(EngineKind { compiler: Compiler::Cranelift, pooling: true }, None)
}

/// All faults of a side's cases, on several threads; in the order of the cases, however many there are.
fn table(plan: &Plan, subjects: &Subjects<'_>, side: &Side) -> Table {
    let Subjects { ready, left_out } = subjects;
    let wanted = |subject: &Subject<'_>, fault: &Fault| {
        plan.only.is_empty() || subject.function_of(fault).is_some_and(|name| plan.only.iter().any(|only| only == name))
    };
    let all: Vec<(&Subject<'_>, &Fault)> = ready
        .iter()
        .flat_map(|subject| subject.faults.iter().map(move |fault| (subject, fault)))
        .filter(|(subject, fault)| wanted(subject, fault))
        .collect();
    let next = AtomicUsize::new(0);
    let verdicts = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..polyfill_build::system::threads::bounded(plan.jobs).clamp(1, all.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some((subject, fault)) = all.get(number) else { return };
                    let verdict = subject.judge(fault, &subject.run(fault));
                    verdicts.lock().unwrap_or_else(PoisonError::into_inner).insert(number, verdict);
                }
            });
        }
    });
    let mut table = Table {
        side: side.to_string(),
        cases: ready.iter().map(|subject| (subject.name.clone(), subject.core_calls(), subject.calls)).collect(),
        left_out: left_out.clone(),
        ..Table::default()
    };
    let verdicts = verdicts.into_inner().unwrap_or_else(PoisonError::into_inner);
    for ((subject, fault), verdict) in all.iter().zip(verdicts.values()) {
        table.add(&subject.name, &fault.to_string(), fault.way.group, &fault.way.name, verdict);
    }
    table
}
