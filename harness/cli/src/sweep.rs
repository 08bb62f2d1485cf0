//! `polyfill sweep`

use std::process::ExitCode;
use std::time::Instant;

use polyfill_build::Suite;
use polyfill_lab::sweep::{At, One, Plan, Rules, one, sweep as run};
use polyfill_runner::lines;

use crate::args::SweepArgs;
use crate::error::Error;
use crate::output;

/// Faults of which it is told how long they took: of fewer that says nothing.
const MANY: u64 = 500;

/// Makes all faults and tells what came of them; or one, with all calls of its run.
pub(crate) fn sweep(args: &SweepArgs) -> Result<ExitCode, Error> {
    let rules = Rules::read(&args.suite)?;
    let plan = plan(args, &rules)?;
    if let Some(fault) = &args.fault {
        output::text(&shown(&one(&plan, fault)?))?;
        return Ok(ExitCode::SUCCESS);
    }
    let start = Instant::now();
    let judgement = run(&plan)?.judge(&rules);
    let took = start.elapsed().as_secs_f64();
    if let Some(file) = &args.json {
        let json = serde_json::to_string_pretty(&judgement).expect("plain data");
        output::file(file, format!("{json}\n").as_bytes())?;
    }
    output::text(&judgement.to_string())?;
    let faults: u64 = judgement.sides.iter().map(|side| side.faults).sum();
    if faults >= MANY {
        output::progress(&format!("{faults} faults in {took:.1} s, {:.0} a second", faults as f64 / took));
    }
    Ok(if judgement.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What is asked for; where nothing is, what the rules are about.
fn plan(args: &SweepArgs, rules: &Rules) -> Result<Plan, Error> {
    let or = |given: &[String], default: &[String]| if given.is_empty() { default.to_vec() } else { given.to_vec() };
    let words = or(&args.filters, &rules.cases);
    let sides = if args.adapters.is_empty() { rules.adapters.clone() } else { args.adapters.clone() };
    if sides.is_empty() {
        return Err(Error::NothingToTest("no adapter is named: name one (--adapter reference-command)".into()));
    }
    Ok(Plan {
        suite: Suite::new(&args.suite).filter(words).progress(output::progress),
        sides,
        only: args.only.iter().map(|function| function.name.to_string()).collect(),
        jobs: args.jobs,
        whole: args.filters.is_empty(),
    })
}

/// The run's calls with its fault in them, and what came of it.
fn shown(one: &One) -> String {
    let One { case, side, fault, outcome, trace, violations, verdict } = one;
    let calls = lines(trace).join("\n");
    let outcomes = verdict.outcomes.join(", ");
    let what = match fault.at {
        At::Call(number) => format!("call {number} of the host fails: {}", fault.way),
        At::Growth(number) => format!("growth {number} of memory is refused"),
    };
    let (call, function) = (&verdict.call, &verdict.function);
    let violations: String = violations.iter().map(|violation| format!("{violation}\n")).collect();
    format!("{calls}\n\n{case} on {side}: {what}\n{call} in {function}: {outcomes}\nthe run: {outcome}\n{violations}")
}
