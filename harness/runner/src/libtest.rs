//! Maps trials to libtest-mimic, which provides libtest's arguments, output and exit codes.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Completion, Failed};
use polyfill_builder::index::{Index, Trial};
use polyfill_builder::system::{signals, threads};
use polyfill_builder::terminal;

use crate::host::descriptors;
use crate::suite::{Runner, Verdict};

/// Exit code of libtest for a run that could not be made.
pub(crate) const ERROR: u8 = 101;

/// Runs the trials that the arguments select. Only the index is read before the first trial runs.
pub(crate) fn run(mut runner: Runner, arguments: &Arguments) -> ExitCode {
    signals::install();
    if let Some(name) = &arguments.filter {
        runner.engine_in(name);
    }
    let index = match runner.index() {
        Ok(index) => index,
        Err(error) => {
            terminal::note(&format!("error: {error}"));
            return ExitCode::from(ERROR);
        }
    };
    if !arguments.list {
        print_ignored(&runner, &index, arguments);
    }
    descriptors::expect_runs(arguments.test_threads.unwrap_or_default());
    let shared = Arc::new((runner, index));
    let numbers = 0..shared.1.trials.len();
    let trials = numbers.map(|number| trial(&shared, number)).collect();
    let threads = arguments.test_threads.map(threads::bounded);
    let conclusion = libtest_mimic::run(&Arguments { test_threads: threads, ..arguments.clone() }, trials);
    signals::park_if_ending();
    if let Err(error) = shared.0.finish_hosts() {
        terminal::note(&format!("error: {error}"));
        return ExitCode::from(ERROR);
    }
    conclusion.exit_code()
}

fn trial(shared: &Arc<(Runner, Index)>, number: usize) -> libtest_mimic::Trial {
    let trial = &shared.1.trials[number];
    let ignored = shared.0.ignored(&shared.1, trial).is_some() || slow(&shared.1, trial).is_some();
    let name = terminal::line(&trial.name()).into_owned();
    let shared = shared.clone();
    let run = move || {
        let (runner, index) = &*shared;
        let result = runner.run_trial(index, &index.trials[number]);
        match result.verdict {
            Verdict::Passed | Verdict::FailedAsExpected { .. } => Ok(Completion::Completed),
            Verdict::Failed { report } => Err(Failed::from(terminal::escaped(&report).into_owned())),
            // `--ignored` selects the trial, but it has no artifact to run.
            Verdict::Ignored { reason } => Ok(Completion::ignored_with(terminal::escaped(&reason))),
            Verdict::Blessed { files } => {
                for file in files {
                    terminal::note(&format!("blessed {}", file.display()));
                }
                Ok(Completion::Completed)
            }
        }
    };
    libtest_mimic::Trial::ignorable_test(name, run).with_ignored_flag(ignored)
}

/// Returns the reason why a trial is ignored by default: it takes long.
fn slow(index: &Index, trial: &Trial) -> Option<String> {
    let why = index.cases.get(&trial.case_key())?.case.slow.as_ref()?;
    Some(format!("slow: {why}; run with `-- --include-ignored`"))
}

/// Prints each reason for ignored trials once, because libtest's output does not contain reasons.
fn print_ignored(runner: &Runner, index: &Index, arguments: &Arguments) {
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for trial in &index.trials {
        let slow = || slow(index, trial).filter(|_| !arguments.include_ignored && !arguments.ignored);
        if let Some(reason) = runner.ignored(index, trial).or_else(slow)
            && selects(arguments, &terminal::line(&trial.name()))
        {
            *reasons.entry(reason).or_default() += 1;
        }
    }
    for (reason, count) in reasons {
        terminal::note(&format!("ignored {count} trial(s): {reason}"));
    }
}

/// Returns true if the arguments' filters accept a name, as in libtest-mimic.
fn selects(arguments: &Arguments, name: &str) -> bool {
    let hit = |filter: &String| if arguments.exact { name == filter } else { name.contains(filter.as_str()) };
    arguments.filter.as_ref().is_none_or(hit) && !arguments.skip.iter().any(hit)
}
