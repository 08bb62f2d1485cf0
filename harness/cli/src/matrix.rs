//! `polyfill matrix`

mod cells;
mod table;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use polyfill_build::Suite;
use polyfill_build::index::Index;
use polyfill_runner::{CellResult, Limits, Runner, Verdict};

use self::table::Matrix;
use crate::args::MatrixArgs;
use crate::error::{Error, refuse_idle};
use crate::output;

/// Runs the cases that name a bug through every release of the adapters that they name, and tells what each of them saw.
pub(crate) fn matrix(args: &MatrixArgs) -> Result<ExitCode, Error> {
    if args.bless && polyfill_build::system::variables::variable("CI").is_some() {
        return Err(polyfill_runner::Error::BlessInCi.into());
    }
    let suite = Suite::new(&args.suite).museum(true).filter(&args.filters).progress(output::progress);
    let built = suite.build()?;
    refuse_idle(&built.idle_words)?;
    // That a bug shows must not be for want of time on a busy machine.
    let limits = Limits { timeout: Duration::from_secs(60), ..Limits::default() };
    let runner = Runner::new(&built.out_dir).root(&args.suite).limits(limits).repeat("polyfill test").bless(false);
    // Hosts that are programs are not everywhere: a matrix is the same with and without them.
    let mut index = runner.index()?;
    let programs = std::mem::take(&mut index.hosts);
    index.cells.retain(|cell| !programs.contains_key(&cell.host));
    let results = runner.run_cells(|cell| !programs.contains_key(&cell.host), 0, |_| {})?;
    let broken = tell_of_broken(&index, &results);
    let rows = cells::rows(&index, &results);
    if rows.is_empty() {
        return Err(Error::NothingToTest("no case that the words select names a bug (`bug` in a case)".to_string()));
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

/// Cases that cannot be read are in no row, and might have been.
fn tell_of_broken(index: &Index, results: &[CellResult]) -> bool {
    let mut broken = false;
    for (cell, result) in index.cells.iter().zip(results) {
        let names_a_bug = index.cases.get(&cell.case_key()).is_some_and(|entry| entry.case.bug.is_some());
        if let (false, Verdict::Failed { report }) = (names_a_bug, &result.verdict) {
            output::note(&format!("error: {}\n{}", result.name, report.trim_end()));
            broken = true;
        }
    }
    broken
}

fn is_golden(golden: &Path, text: &str) -> Result<bool, Error> {
    let expected = polyfill_build::system::read_to_string(golden)
        .map_err(|source| Error::Read { path: golden.to_path_buf(), source })?;
    if expected != text {
        output::note(&format!("error: `{}` has another matrix; --bless writes this one", golden.display()));
    }
    Ok(expected == text)
}
