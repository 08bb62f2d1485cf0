//! Command `polyfill inject`.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::bail;
use polyfill_builder::Suite;
use polyfill_lab::inject::{At, One, Plan, Rules, inject as run, one};
use polyfill_runner::{Violation, lines};

use crate::args::InjectArgs;
use crate::output;

/// Minimum number of faults for a report of the speed.
const MANY: u64 = 500;

/// Injects all selected faults and prints the report. With `--fault`, injects one and prints all calls of its run.
pub(crate) fn inject(args: &InjectArgs) -> anyhow::Result<ExitCode> {
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

/// Returns the selection of the command line, or that of `known/faults.toml`.
fn plan(args: &InjectArgs, rules: &Rules) -> anyhow::Result<Plan> {
    let or = |given: &[String], default: &[String]| if given.is_empty() { default.to_vec() } else { given.to_vec() };
    let words = or(&args.filters, &rules.cases);
    let sides = if args.adapters.is_empty() { rules.adapters.clone() } else { args.adapters.clone() };
    if sides.is_empty() {
        bail!("no adapter selected\n  help: select one, for example `--adapter reference-command`");
    }
    Ok(Plan {
        suite: Suite::from_env(&args.suite).filter(words).progress(output::progress),
        sides,
        only: args.only.iter().map(|function| function.name.to_string()).collect(),
        proposals: args.proposals.wasm.iter().copied().collect(),
        jobs: args.jobs,
        whole: args.filters.is_empty(),
    })
}

/// Formats the calls of a run with a fault, and the result.
fn shown(one: &One) -> String {
    let One { case, side, fault, outcome, trace, violations, verdict } = one;
    let calls = lines(trace).join("\n");
    let outcomes = verdict.outcomes.join(", ");
    let what = match fault.at {
        At::Call(number) => format!("fault in host call {number}: {}", fault.mode),
        At::Growth(number) => format!("fault in memory.grow {number}"),
    };
    let (call, function) = (&verdict.call, &verdict.function);
    let memory: String = violations.iter().map(described).collect();
    format!("{calls}\n\n{case} on {side}: {what}\n{call} in {function}: {outcomes}\nthe run: {outcome}\n{memory}")
}

fn described(violation: &Violation) -> String {
    let details: String = violation.details().iter().map(|line| format!("  {line}\n")).collect();
    format!("{violation}\n{details}")
}
