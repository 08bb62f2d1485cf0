//! `polyfill compare`

use std::path::PathBuf;
use std::process::ExitCode;

use polyfill_build::Suite;
use polyfill_build::side::Side;
use polyfill_runner::Runner;
use polyfill_runner::divergence::{Pairs, RULES_FILE, Rules};

use crate::args::CompareArgs;
use crate::error::Error;
use crate::output;

/// Runs every case that has both sides on both, and tells each difference with the rule that names it.
pub(crate) fn compare(args: &CompareArgs) -> Result<ExitCode, Error> {
    let sides = [args.old.clone(), args.new.clone()];
    let rules = rules(args, &sides)?;
    let suite = Suite::new(&args.suite).sides(sides.clone()).filter(&args.filters).progress(output::progress);
    let built = suite.build()?;
    let runner = Runner::new(&built.out_dir).root(&args.suite).bless(false);
    let seen = Pairs::run(&runner, sides)?;
    if seen.cases.is_empty() {
        return Err(Error::NothingToTest(nothing(args)));
    }
    let judgement = seen.judge(&rules, args.filters.is_empty());
    if let Some(file) = &args.json {
        let json = serde_json::to_string_pretty(&judgement).expect("plain data");
        output::file(file, format!("{json}\n").as_bytes())?;
    }
    output::text(&judgement.to_string())?;
    Ok(if judgement.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The rules of a file that is named; or those of the suite, if it has any and they are about these sides.
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
            about: [rules.old.to_string(), rules.new.to_string()].join(" and "),
        }),
        (false, false) => {
            output::progress(&format!(
                "`{}` is about {} and {}: compared without rules (--rules names others)",
                path.display(),
                rules.old,
                rules.new
            ));
            Ok(Rules::none(sides.clone()))
        }
    }
}

fn nothing(args: &CompareArgs) -> String {
    let words = if args.filters.is_empty() { "" } else { " that the words select" };
    format!("no case{words} runs on both {} and {}", args.old.host(), args.new.host())
}
