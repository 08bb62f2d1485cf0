//! Command `polyfill compare`.

use std::path::PathBuf;
use std::process::ExitCode;

use polyfill_builder::Suite;
use polyfill_builder::reference::{IMPORT_MODULE, Span};
use polyfill_builder::side::Side;
use polyfill_runner::divergence::{Budget, RULES_FILE, Recorded, Rules};
use polyfill_runner::{Detail, Limits, Options, Runner};
use serde::Serialize;

use crate::args::CompareArgs;
use crate::error::{Error, refuse_idle};
use crate::output;

/// Fuel that no guest uses up: engines count instructions only with a limit.
const PLENTY: u64 = 1 << 60;

/// Runs every case on the baseline and the candidate, and prints each difference with the matching known difference.
pub(crate) fn compare(args: &CompareArgs) -> Result<ExitCode, Error> {
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
    let mut seen = record(&runner, &sides, calls)?.pair(0, 1);
    if seen.cases.is_empty() {
        return Err(Error::NothingToTest(nothing(args)));
    }
    if let [baseline, candidate, ..] = &built.profiles[..] {
        seen = seen.with_profiles([baseline.clone(), candidate.clone()]);
    }
    let mut judgement = seen.judge(&rules, args.filters.is_empty());
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
fn bisect(args: &CompareArgs, span: &Span) -> Result<ExitCode, Error> {
    let at = |release| args.candidate.at(release).ok_or_else(|| Error::NoReleases(args.candidate.to_string()));
    let sides: Vec<Side> = span.releases().iter().map(at).collect::<Result<_, Error>>()?;
    let built = suite(args, &sides, args.calls).build()?;
    refuse_idle(&built.idle_words)?;
    let runner = Runner::new(&built.out_dir).root(&args.suite).options(Options::from_env()?).bless(false);
    let runner = runner.proposals(args.proposals.wasm.iter().copied());
    let found = record(&runner, &sides, args.calls)?.bisect();
    if found.cases.is_empty() && found.ignored.is_empty() {
        return Err(Error::NothingToTest(nothing(args)));
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

fn record(runner: &Runner, sides: &[Side], calls: bool) -> Result<Recorded, Error> {
    let sides = sides.to_vec();
    let seen =
        if calls { Recorded::run_with_calls(runner, sides, IMPORT_MODULE) } else { Recorded::run(runner, sides) };
    Ok(seen?)
}

fn json(args: &CompareArgs, found: &impl Serialize) -> Result<(), Error> {
    let Some(file) = &args.json else { return Ok(()) };
    let json = serde_json::to_string_pretty(found).expect("plain data");
    output::file(file, format!("{json}\n").as_bytes())
}

/// Reads the known differences: from the given file, or from that of the suite if it is for these sides.
fn rules(args: &CompareArgs, sides: &[Side; 2]) -> Result<Rules, Error> {
    let default: PathBuf = args.suite.join(RULES_FILE);
    let (path, named) = match &args.rules {
        Some(path) => (path, true),
        None if default.exists() => (&default, false),
        None => return Ok(Rules::none(sides.clone())),
    };
    let rules = Rules::read(path)?;
    match (rules.are_about(sides), named) {
        (true, _) => Ok(rules),
        (false, true) => Err(Error::OtherRules {
            path: path.clone(),
            about: [rules.baseline.to_string(), rules.candidate.to_string()].join(" and "),
        }),
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
