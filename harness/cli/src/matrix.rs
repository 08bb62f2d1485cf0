//! Command `polyfill matrix`.

mod table;
mod trials;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use polyfill_builder::Suite;
use polyfill_builder::index::Index;
use polyfill_runner::{Limits, Options, Runner, TrialResult, Verdict};

use self::table::Matrix;
use crate::args::MatrixArgs;
use crate::error::refuse_idle;
use crate::output;

/// Runs the cases that reproduce a bug with every release of their adapters, and prints the matrix.
pub(crate) fn matrix(args: &MatrixArgs) -> anyhow::Result<ExitCode> {
    let options = Options::from_env()?;
    if args.bless && options.ci {
        return Err(polyfill_runner::Error::BlessInCi.into());
    }
    let suite = Suite::from_env(&args.suite).regressions(true).filter(&args.filters).progress(output::progress);
    let built = suite.build()?;
    refuse_idle(&built.idle_words)?;
    // A busy machine must not cause timeouts.
    let limits = Limits { timeout: Duration::from_secs(60), ..Limits::default() };
    let runner = Runner::new(&built.out_dir).root(&args.suite).options(options).limits(limits);
    let runner = runner.repeat("polyfill test").bless(false);
    // External hosts are not installed everywhere. The matrix must not depend on them.
    let mut index = runner.index()?;
    let programs = std::mem::take(&mut index.hosts);
    index.trials.retain(|trial| !programs.contains_key(&trial.host));
    let results = runner.run_trials(|trial| !programs.contains_key(&trial.host), 0, |_| {})?;
    let broken = report_broken(&index, &results);
    let rows = trials::rows(&index, &results);
    if rows.is_empty() {
        bail!("no case that matches the filters has a `bug` table");
    }
    let matrix = Matrix::new(rows);
    let text = matrix.to_string();
    output::text(&text)?;
    let same = match &args.golden {
        Some(golden) if args.bless => {
            output::file(golden, text.as_bytes())?;
            true
        }
        Some(golden) => is_golden(golden, &text)?,
        None => true,
    };
    Ok(if same && !broken && matrix.is_as_known() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Reports the cases that cannot be read, because they may belong in the matrix.
fn report_broken(index: &Index, results: &[TrialResult]) -> bool {
    let mut broken = false;
    for (trial, result) in index.trials.iter().zip(results) {
        let names_a_bug = index.cases.get(&trial.case_key()).is_some_and(|entry| entry.case.bug.is_some());
        if let (false, Verdict::Failed { report }) = (names_a_bug, &result.verdict) {
            output::note(&format!("error: {}\n{}", result.name, report.trim_end()));
            broken = true;
        }
    }
    broken
}

fn is_golden(golden: &Path, text: &str) -> anyhow::Result<bool> {
    let expected = polyfill_builder::system::read_to_string(golden)
        .with_context(|| format!("cannot read `{}`", golden.display()))?;
    if expected != text {
        output::note(&format!(
            "error: the matrix differs from `{}`\n  help: update the file with --bless",
            golden.display()
        ));
    }
    Ok(expected == text)
}
