//! Command `polyfill compare`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use polyfill_builder::Suite;
use polyfill_builder::reference::{IMPORT_MODULE, Span};
use polyfill_builder::side::Side;
use polyfill_runner::divergence::{Budget, RULES_FILE, Recorded, Rules};
use polyfill_runner::{Detail, Limits, Options, Runner};
use serde::Serialize;

use crate::args::CompareArgs;
use crate::error::refuse_idle;
use crate::output;

/// Fuel that no guest uses up: engines count instructions only with a limit.
const PLENTY: u64 = 1 << 60;

/// Runs every case on the baseline and the candidate, and prints each difference with the matching known difference.
pub(crate) fn compare(args: &CompareArgs) -> anyhow::Result<ExitCode> {
    if let Some(span) = &args.bisect {
        return bisect(args, span);
    }
    let sides = [args.baseline.clone(), args.candidate.clone()];
    let mut rules = rules(args, &sides)?;
    if let Some(path) = &args.budget {
        rules.budget = Budget::read(path)?;
    }
    let calls = args.calls || rules.budget.needs_core_calls();
    let fuel = (args.fuel || rules.budget.needs_fuel()).then_some(PLENTY);
    let suite = suite(args, &sides, calls).profiles(args.adapters || rules.budget.needs_profiles());
    let built = suite.build()?;
    refuse_idle(&built.idle_words)?;
    let limits = Limits { fuel, ..Limits::default() };
    let options = Options::from_env()?;
    let mut runner = Runner::new(&built.out_dir).root(&args.suite).options(options).limits(limits).bless(false);
    runner = runner.proposals(args.proposals.wasm.iter().copied());
    if args.host_calls || rules.budget.needs_host_calls() {
        runner = runner.trace(Detail::Short);
    }
    let mut pairs = record(&runner, &sides, calls)?.pair(0, 1);
    if pairs.cases.is_empty() {
        bail!(nothing(args));
    }
    if let [baseline, candidate, ..] = &built.profiles[..] {
        pairs = pairs.with_profiles([baseline.clone(), candidate.clone()]);
    }
    let mut judgement = pairs.judge(&rules, args.filters.is_empty());
    // Measured for the budget only, and not requested: do not print.
    if !args.adapters {
        judgement.adapters = [None, None];
    }
    if !args.host_calls {
        judgement.cases.iter_mut().for_each(|judged| judged.host_calls = None);
    }
    json(args, &judgement)?;
    output::text(&judgement.to_string())?;
    Ok(if judgement.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs every case with every release of a span, and prints the first release with each change.
fn bisect(args: &CompareArgs, span: &Span) -> anyhow::Result<ExitCode> {
    let at = |release| {
        args.candidate.at(release).with_context(|| {
            format!(
                "cannot bisect {}: it has no published adapter\n  help: use a published adapter, for example \
                 `--candidate reference-command@wasi`",
                args.candidate
            )
        })
    };
    let sides: Vec<Side> = span.releases().iter().map(at).collect::<anyhow::Result<_>>()?;
    let built = suite(args, &sides, args.calls).build()?;
    refuse_idle(&built.idle_words)?;
    let runner = Runner::new(&built.out_dir).root(&args.suite).options(Options::from_env()?).bless(false);
    let runner = runner.proposals(args.proposals.wasm.iter().copied());
    let found = record(&runner, &sides, args.calls)?.bisect();
    if found.cases.is_empty() && found.ignored.is_empty() {
        bail!(nothing(args));
    }
    json(args, &found)?;
    output::text(&found.to_string())?;
    Ok(ExitCode::SUCCESS)
}

/// Returns the suite for both sides; with interposition adapters if their calls are compared.
fn suite(args: &CompareArgs, sides: &[Side], calls: bool) -> Suite {
    let reporting = sides.iter().filter(|_| calls).map(|side| side.interposed(IMPORT_MODULE));
    let sides = sides.iter().cloned().chain(reporting);
    Suite::from_env(&args.suite).sides(sides).filter(&args.filters).progress(output::progress)
}

fn record(runner: &Runner, sides: &[Side], calls: bool) -> anyhow::Result<Recorded> {
    let sides = sides.to_vec();
    let pairs =
        if calls { Recorded::run_with_calls(runner, sides, IMPORT_MODULE) } else { Recorded::run(runner, sides) };
    Ok(pairs?)
}

fn json(args: &CompareArgs, found: &impl Serialize) -> anyhow::Result<()> {
    let Some(file) = &args.json else { return Ok(()) };
    let json = serde_json::to_string_pretty(found).expect("plain data");
    output::file(file, format!("{json}\n").as_bytes())
}

/// Reads the known differences: from the given file, or from that of the suite if it is for these sides.
fn rules(args: &CompareArgs, sides: &[Side; 2]) -> anyhow::Result<Rules> {
    let default: PathBuf = args.suite.join(RULES_FILE);
    let (path, named) = match &args.rules {
        Some(path) => (path, true),
        None if default.exists() => (&default, false),
        None => return Ok(Rules::none(sides.clone())),
    };
    let rules = Rules::read(path)?;
    match (rules.are_about(sides), named) {
        (true, _) => Ok(rules),
        (false, true) => bail!(
            "the known differences in `{}` are for {} and {}\n  help: pass the file for the compared sides with \
             --rules, or remove --rules",
            path.display(),
            rules.baseline,
            rules.candidate
        ),
        (false, false) => {
            output::progress(&format!(
                "the known differences in `{}` are for {} and {}: ignored (select another file with --rules)",
                path.display(),
                rules.baseline,
                rules.candidate
            ));
            Ok(Rules::none(sides.clone()))
        }
    }
}

fn nothing(args: &CompareArgs) -> String {
    let words = if args.filters.is_empty() { "" } else { " that matches the filters" };
    if let Some(span) = &args.bisect {
        return format!("no case{words} runs on {} with {span}", args.candidate.host());
    }
    format!("no case{words} runs on both {} and {}", args.baseline.host(), args.candidate.host())
}
