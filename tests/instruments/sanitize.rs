//! Runs this repository's suite with checks of each adapter call, for guests in all languages, shared and isolated
//! adapters, and published ones.
//!
//! `sanitize.txt` lists the cases that are checked partially or not at all, with the reasons; `BLESS=1` updates it.

use std::sync::LazyLock;

use libtest_mimic::Trial as Test;
use polyfill_builder::Suite;
use polyfill_builder::index::{Trial, is_native};
use polyfill_runner::{Accepted, Compared, TrialResult, Verdict, Violation};
use polyfill_testing::golden;

use crate::root;
use crate::trials::trials;

/// Trials with tens of thousands of similar calls.
const LONG: [&str; 1] = ["stuck-nonblocking::"];

/// All checks are of one run of the suite.
pub fn trials() -> Vec<Test> {
    trials![
        adapters_have_no_unaccepted_violations,
        own_adapters_have_no_violations,
        every_rule_matches_an_observed_violation,
        handles_are_dropped_after_each_call,
    ]
}

/// All trials through adapters, except on external hosts.
static TRIALS: LazyLock<Vec<(Trial, TrialResult)>> = LazyLock::new(run);

fn run() -> Vec<(Trial, TrialResult)> {
    let built = Suite::from_env(root()).sanitize(true).build().expect("the suite is valid");
    let runner = crate::runner(&built.out_dir).accepted(accepted()).repeat("polyfill test --sanitize");
    let has_adapters = |trial: &Trial| {
        let long = LONG.iter().any(|name| trial.name().starts_with(name));
        !long && !is_native(&trial.host) && !built.index.hosts.contains_key(&trial.host)
    };
    let results = runner.run_trials(has_adapters, 0, |_| {}).expect("the index was just built");
    built.index.trials.iter().filter(|trial| has_adapters(trial)).cloned().zip(results).collect()
}

fn accepted() -> Accepted {
    Accepted::of(&root()).expect("known/violations.toml is valid")
}

fn is_published(trial: &Trial) -> bool {
    trial.adapter.contains("reference-")
}

fn violations(result: &TrialResult) -> &[Violation] {
    result.observation.as_ref().map_or(&[], |observation| &observation.violations)
}

fn adapters_have_no_unaccepted_violations() {
    let mut reports = String::new();
    for (_, result) in &*TRIALS {
        if let Verdict::Failed { report } = &result.verdict {
            reports.push_str(&format!("---- {} ----\n{report}\n", result.name));
        }
    }
    assert!(reports.is_empty(), "{reports}");

    // Guards against checks that did not run.
    let compared = Compared::of(TRIALS.iter().map(|(trial, result)| (trial, result)));
    println!("{compared}");
    let checked = compared.checked();
    assert!(checked.calls > 10_000 && checked.reallocs > 50 && checked.handles > 5_000, "{checked}");
    assert!(checked.stack_pointers > 1_000, "main's stack pointer was known in {} calls", checked.stack_pointers);
    assert!(checked.stacks.len() > 30, "{:?}", checked.stacks);
    assert!(checked.stacks.values().all(|stack| stack.used <= stack.of), "{:?}", checked.stacks);
    golden::assert(&root().join("tests/instruments/sanitize.txt"), &compared.gaps());
}

/// This suite's adapters have no violations, not even ones that are accepted for others.
fn own_adapters_have_no_violations() {
    let ours = || TRIALS.iter().filter(|(trial, _)| !is_published(trial));
    for (_, result) in ours() {
        assert_eq!(violations(result), [], "{}", result.name);
    }
    let compared = Compared::of(ours().map(|(trial, result)| (trial, result)));
    println!("{compared}");
    let checked = compared.checked();
    assert!(checked.calls > 3_000 && checked.reallocs > 20, "{checked}");
}

/// Accepted violations are observed.
fn every_rule_matches_an_observed_violation() {
    let published = TRIALS.iter().filter(|(trial, _)| is_published(trial));
    let violations: Vec<(String, &[Violation])> =
        published.map(|(trial, result)| (trial.case_key(), violations(result))).collect();
    assert_eq!(accepted().stale(&violations), []);
}

/// Handles of a guest that opens, lists, waits and closes a thousand times do not accumulate.
fn handles_are_dropped_after_each_call() {
    let mut rounds = 0;
    for (trial, result) in TRIALS.iter().filter(|(trial, _)| trial.guest == "thousand") {
        assert_eq!(result.verdict, Verdict::Passed, "{}", trial.name());
        let checked = &result.observation.as_ref().expect("it was run").checked;
        println!("{}: {checked}, {} at a time", trial.name(), checked.most_handles);
        assert!(checked.handles > 4_000, "{checked}");
        assert!(checked.most_handles < 12, "{} at a time", checked.most_handles);
        rounds += 1;
    }
    assert!(rounds > 0, "the case was not run");
}
