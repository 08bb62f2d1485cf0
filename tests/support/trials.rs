//! Tests that require optional tools.
//!
//! libtest decides at compile time which tests are ignored. These tests run under libtest-mimic, which reports a test that
//! finds a tool missing as ignored, with the reason. `POLYFILL_REQUIRE=all` turns that into a failure.

#![allow(dead_code, unused_imports, unused_macros, reason = "each test binary uses a part of this")]

use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use polyfill_builder::Settings;
use polyfill_runner::divergence::Judgement;

/// Reason why a test cannot run on this machine.
#[derive(Debug)]
pub struct Missing(pub String);

/// Result of a test, which fails by a panic.
pub type Checked = Result<(), Missing>;

/// Creates a trial from a name and a test.
pub fn trial(name: impl Into<String>, test: impl FnOnce() -> Checked + Send + 'static) -> Trial {
    let run = move || match test() {
        Ok(()) => Ok(Completion::Completed),
        Err(Missing(reason)) if Settings::from_env().require_all => {
            Err(Failed::from(format!("{reason}\nhelp: install it, or unset `POLYFILL_REQUIRE`")))
        }
        Err(Missing(reason)) => Ok(Completion::ignored_with(reason)),
    };
    Trial::ignorable_test(name, run)
}

/// Marks the tests as slow: ignored without `--ignored` or `--include-ignored`.
pub fn slow(trials: Vec<Trial>) -> Vec<Trial> {
    trials.into_iter().map(|trial| trial.with_ignored_flag(true)).collect()
}

/// Runs the tests that the command line selects.
pub fn run(trials: impl IntoIterator<Item = Vec<Trial>>) -> ExitCode {
    run_with(&Arguments::from_args(), trials)
}

/// As [`run`], one test after the other: each uses all cores by itself.
pub fn run_in_sequence(trials: impl IntoIterator<Item = Vec<Trial>>) -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(1);
    run_with(&arguments, trials)
}

fn run_with(arguments: &Arguments, trials: impl IntoIterator<Item = Vec<Trial>>) -> ExitCode {
    libtest_mimic::run(arguments, trials.into_iter().flatten().collect()).exit_code()
}

/// Returns the name of a test: the module within its binary, if any, and the function.
pub fn name(module: &str, function: &str) -> String {
    module.split_once("::").map_or_else(|| function.to_string(), |(_, module)| format!("{module}::{function}"))
}

/// Fails with [`Missing`] if none of the cases was compared. Panics if the comparison lacks a case.
pub fn any_ran<'a>(judgement: &Judgement, cases: impl IntoIterator<Item = &'a String>) -> Checked {
    let mut reason = None;
    for case in cases {
        let judged = judgement.cases.iter().find(|judged| judged.case == *case);
        match judged.unwrap_or_else(|| panic!("case `{case}` not found")).ignored.as_ref() {
            None => return Ok(()),
            Some(why) => reason = Some(Missing(format!("`{case}`: {why}"))),
        }
    }
    reason.map_or_else(|| panic!("the rule has no cases"), Err)
}

/// Tests by the names of their functions.
macro_rules! trials {
    ($($test:ident),* $(,)?) => {
        vec![$($crate::trials::trial($crate::trials::name(module_path!(), stringify!($test)), || { $test(); Ok(()) })),*]
    };
}
pub(crate) use trials;
