//! The cells as trials of libtest-mimic, which has libtest's arguments, output and exit codes.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use polyfill_build::index::Index;
use polyfill_build::system::{signals, threads};
use polyfill_build::terminal;

use crate::host::descriptors;
use crate::suite::{Runner, Verdict};

/// Runs the trials that the arguments ask for. Nothing but the index is read before a trial runs.
pub(crate) fn run(mut runner: Runner, arguments: &Arguments) -> ExitCode {
    signals::install();
    if let Some(name) = &arguments.filter {
        runner.engine_in(name);
    }
    let index = match runner.index() {
        Ok(index) => index,
        Err(error) => {
            terminal::note(&format!("error: {error}"));
            return ExitCode::from(101);
        }
    };
    if !arguments.list {
        tell_of_ignored(&runner, &index, arguments);
    }
    descriptors::expect_runs(arguments.test_threads.unwrap_or_default());
    let shared = Arc::new((runner, index));
    let cells = 0..shared.1.cells.len();
    let trials = cells.map(|number| trial(&shared, number)).collect();
    let threads = arguments.test_threads.map(threads::bounded);
    let conclusion = libtest_mimic::run(&Arguments { test_threads: threads, ..arguments.clone() }, trials);
    signals::park_if_ending();
    if let Err(error) = shared.0.finish_hosts() {
        terminal::note(&format!("error: {error}"));
        return ExitCode::from(101);
    }
    conclusion.exit_code()
}

fn trial(shared: &Arc<(Runner, Index)>, number: usize) -> Trial {
    let cell = &shared.1.cells[number];
    let ignored = shared.0.ignored(&shared.1, cell).is_some();
    let name = terminal::line(&cell.name()).into_owned();
    let shared = shared.clone();
    let run = move || {
        let (runner, index) = &*shared;
        let result = runner.run_cell(index, &index.cells[number]);
        match result.verdict {
            Verdict::Passed | Verdict::FailedAsExpected { .. } => Ok(Completion::Completed),
            Verdict::Failed { report } => Err(Failed::from(terminal::escaped(&report).into_owned())),
            // Asked for by `--ignored`, but there is still nothing to run.
            Verdict::Ignored { reason } => Ok(Completion::ignored_with(terminal::escaped(&reason))),
            Verdict::Blessed { files } => {
                for file in files {
                    terminal::note(&format!("blessed {}", file.display()));
                }
                Ok(Completion::Completed)
            }
        }
    };
    Trial::ignorable_test(name, run).with_ignored_flag(ignored)
}

/// Each reason once: libtest's output has no place for them.
fn tell_of_ignored(runner: &Runner, index: &Index, arguments: &Arguments) {
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for cell in &index.cells {
        if let Some(reason) = runner.ignored(index, cell)
            && selects(arguments, &terminal::line(&cell.name()))
        {
            *reasons.entry(reason).or_default() += 1;
        }
    }
    for (reason, count) in reasons {
        terminal::note(&format!("ignored {count} trial(s): {reason}"));
    }
}

/// Whether the arguments' filters let a name through, as libtest-mimic has it.
fn selects(arguments: &Arguments, name: &str) -> bool {
    let hit = |filter: &String| if arguments.exact { name == filter } else { name.contains(filter.as_str()) };
    arguments.filter.as_ref().is_none_or(hit) && !arguments.skip.iter().any(hit)
}
