//! Fault injection: every host call of a case fails once in every way that its result type permits, and every memory
//! growth is refused once. The verdict considers the guest's call that contains the fault, and the calls after it.
//!
//! ```text
//! case -- subject --> a run without a fault -- failure_modes --> faults -- inject --> runs -- judge --> table -- rules --> report
//! ```

mod alter;
mod calls;
mod clean;
mod engines;
mod errors;
mod failing_host;
mod failure_modes;
mod judge;
mod report;
mod rules;
mod subject;
mod table;

use std::collections::BTreeSet;

use polyfill_builder::case::Proposal;
use polyfill_builder::side::Side;
use polyfill_builder::system::threads;
use polyfill_builder::{BuildError, Suite};
use polyfill_runner::{Trace, Violation};
use thiserror::Error;

pub use failure_modes::{FaultKind, Group};
pub use judge::{GROWTH, RIGHT, START, Verdict};
pub use report::{Judgement, Row, SideJudgement};
pub use rules::{RULES_FILE, Rule, Rules};
pub use subject::{At, Fault};
pub use table::{Count, Swept, Table, Trial};

use engines::Engines;
use subject::{Subject, Subjects, build, subjects};

/// Error of fault injection.
#[derive(Debug, Error)]
pub enum InjectError {
    /// The suite does not build.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// Host `native` has no host calls that could fail.
    #[error("host `native` runs without an adapter; help: select one with `--adapter`")]
    Native,
    /// The host is not an in-process host.
    #[error("host `{host}` does not support fault injection; supported hosts: {hosts}")]
    NoHost {
        /// Requested host.
        host: String,
        /// Supported hosts.
        hosts: String,
    },
    /// No fault can be injected.
    #[error("{0}")]
    Nothing(String),
    /// The case has no such fault.
    #[error("`{case}` on {side} has no fault `{fault}`; known faults: {known}")]
    NoFault {
        /// Case name.
        case: String,
        /// Side of the case.
        side: String,
        /// Requested fault.
        fault: String,
        /// Some of the existing faults.
        known: String,
    },
}

/// Selection of faults.
pub struct Plan {
    /// Suite and trial filter.
    pub suite: Suite,
    /// Adapters and hosts.
    pub sides: Vec<Side>,
    /// Guest functions to inject faults into. Empty: all.
    pub only: Vec<String>,
    /// Proposals to enable in addition to those of the cases.
    pub proposals: BTreeSet<Proposal>,
    /// Number of threads.
    pub jobs: usize,
    /// Set when all cases of the suite are selected.
    pub whole: bool,
}

/// A run with one fault.
pub struct One {
    /// Case name, `guest::case`.
    pub case: String,
    /// Side of the case.
    pub side: String,
    /// The injected fault.
    pub fault: Fault,
    /// Outcome of the run.
    pub outcome: String,
    /// Trace of the run.
    pub trace: Trace,
    /// Violations, if checks were enabled.
    pub violations: Vec<Violation>,
    /// Verdict on the fault.
    pub verdict: Verdict,
}

/// Injects all faults of a plan.
///
/// # Errors
///
/// Returns an error if the suite does not build, a host is not supported, or no fault can be injected.
pub fn inject(plan: &Plan) -> Result<Swept, InjectError> {
    let mut tables = Vec::new();
    for side in &plan.sides {
        let built = build(&plan.suite, side)?;
        let engines = Engines::new(&plan.proposals, &built.index);
        tables.push(table(plan, &subjects(&engines, &built, side)?, side));
    }
    if tables.iter().all(|table| table.runs == 0) {
        return Err(InjectError::Nothing(nothing(plan, &tables)));
    }
    Ok(Swept { tables, whole: plan.whole && plan.only.is_empty(), proposals: plan.proposals.clone() })
}

/// Injects one fault, for example `12:no-entry`, into the single case that the plan selects.
///
/// # Errors
///
/// Returns an error if the plan does not select exactly one side and one case, or the case has no such fault.
pub fn one(plan: &Plan, fault: &str) -> Result<One, InjectError> {
    let [side] = &plan.sides[..] else {
        return Err(InjectError::Nothing(
            "a single fault requires a single adapter; help: select it with `--adapter`".into(),
        ));
    };
    let built = build(&plan.suite, side)?;
    let engines = Engines::new(&plan.proposals, &built.index);
    let Subjects { ready, left_out } = subjects(&engines, &built, side)?;
    let [subject] = &ready[..] else {
        let names = ready.iter().map(|subject| &subject.name).chain(left_out.iter().map(|(name, _)| name));
        let names: Vec<&str> = names.map(String::as_str).collect();
        return Err(InjectError::Nothing(format!(
            "a single fault requires a single case; selected: {}",
            names.join(", ")
        )));
    };
    let Some(fault) = subject.faults.iter().find(|known| known.to_string() == fault) else {
        let at = fault.split(':').next().unwrap_or_default();
        let mut known: Vec<String> =
            subject.faults.iter().filter(|known| known.at.to_string() == at).map(Fault::to_string).collect();
        if known.is_empty() {
            known = subject.faults.iter().take(1).chain(subject.faults.last()).map(Fault::to_string).collect();
        }
        let (case, side) = (subject.name.clone(), side.to_string());
        return Err(InjectError::NoFault { case, side, fault: fault.to_string(), known: known.join(", ") });
    };
    let run = subject.run(fault);
    let verdict = subject.judge(fault, &run);
    let run = run.run;
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

/// Returns the reason for the lack of faults.
fn nothing(plan: &Plan, tables: &[Table]) -> String {
    let sides: Vec<String> = plan.sides.iter().map(ToString::to_string).collect();
    let reason = |why: &String| why.lines().next().unwrap_or_default().to_string();
    let left_out = tables.iter().flat_map(|table| &table.left_out);
    // Other lines, such as a remedy, are shown for the first case only.
    let more = left_out.clone().next().and_then(|(_, why)| why.split_once('\n'));
    let more = more.map(|(_, more)| format!("\n{more}")).unwrap_or_default();
    let left_out: Vec<String> = left_out.map(|(case, why)| format!("{case} ({})", reason(why))).collect();
    match &left_out[..] {
        [] if tables.iter().all(|table| table.cases.is_empty()) => {
            format!("no selected case runs on {}", sides.join(" or "))
        }
        [] => "no selected host call can fail".to_string(),
        _ => format!("no selected case supports fault injection: {}{more}", left_out.join(", ")),
    }
}

/// Injects all faults into a side's cases on several threads. The order of the results is that of the cases.
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
    let judge = |(subject, fault): &(&Subject<'_>, &Fault)| subject.judge(fault, &subject.run(fault));
    let verdicts = threads::map(threads::bounded(plan.jobs), &all, judge);
    let mut table = Table {
        side: side.to_string(),
        cases: ready.iter().map(|subject| (subject.name.clone(), subject.core_calls(), subject.calls)).collect(),
        left_out: left_out.clone(),
        ..Table::default()
    };
    for ((subject, fault), verdict) in all.iter().zip(&verdicts) {
        table.add(&subject.name, &fault.to_string(), fault.mode.group, &fault.mode.name, verdict);
    }
    table
}
