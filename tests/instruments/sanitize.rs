//! Runs this repository's suite with checks of each adapter call, for guests in all languages, shared and isolated
//! adapters, and published ones.
//!
//! `sanitize.txt` lists the cases that are checked partially or not at all, with the reasons; `BLESS=1` updates it.

use std::path::PathBuf;
use std::sync::LazyLock;

use libtest_mimic::Trial as Test;
use polyfill_builder::Suite;
use polyfill_builder::index::{Trial, is_native};
use polyfill_runner::{Accepted, Compared, Options, Runner, TrialResult, Verdict, Violation};
use polyfill_testing::golden;

use crate::counters;
use crate::trials::trials;

/// Trials with tens of thousands of similar calls.
const LONG: [&str; 1] = ["stuck-nonblocking::"];

/// All checks are of one run of the suite.
pub fn trials() -> Vec<Test> {
    trials![
        adapters_have_no_unaccepted_violations,
        our_own_adapters_are_clean,
        no_rule_is_stale,
        handles_do_not_accumulate,
    ]
}

/// All trials through adapters, except on external hosts.
static TRIALS: LazyLock<Vec<(Trial, TrialResult)>> = LazyLock::new(run);

fn run() -> Vec<(Trial, TrialResult)> {
    let root = root();
    let built = Suite::from_env(&root).sanitize(true).build().expect("the suite is valid");
    let runner = Runner::new(&built.out_dir)
        .root(&root)
        .options(Options::from_env().expect("the environment is valid"))
        .bless(false)
        .accepted(accepted())
        .repeat("polyfill test --sanitize")
        .imports("imported-resource", counters::add_to_linker)
        .imports("borrowed-handles", counters::add_to_linker);
    let has_adapters = |trial: &Trial| {
        let long = LONG.iter().any(|name| trial.name().starts_with(name));
        !long && !is_native(&trial.host) && !built.index.hosts.contains_key(&trial.host)
    };
    let results = runner.run_trials(has_adapters, 0, |_| {}).expect("the index was just built");
    built.index.trials.iter().filter(|trial| has_adapters(trial)).cloned().zip(results).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
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
    let looked_at = compared.looked_at();
    assert!(looked_at.calls > 10_000 && looked_at.reallocs > 50 && looked_at.handles > 5_000, "{looked_at}");
    assert!(looked_at.stack_pointers > 1_000, "main's stack pointer was known in {} calls", looked_at.stack_pointers);
    assert!(looked_at.stacks.len() > 30, "{:?}", looked_at.stacks);
    assert!(looked_at.stacks.values().all(|stack| stack.used <= stack.of), "{:?}", looked_at.stacks);
    golden::assert(&root().join("tests/instruments/sanitize.txt"), &compared.gaps());
}

/// This suite's adapters have no violations, not even ones that are accepted for others.
fn our_own_adapters_are_clean() {
    let ours = || TRIALS.iter().filter(|(trial, _)| !is_published(trial));
    for (_, result) in ours() {
        assert_eq!(violations(result), [], "{}", result.name);
    }
    let compared = Compared::of(ours().map(|(trial, result)| (trial, result)));
    println!("{compared}");
    let looked_at = compared.looked_at();
    assert!(looked_at.calls > 3_000 && looked_at.reallocs > 20, "{looked_at}");
}

/// Accepted violations are observed.
fn no_rule_is_stale() {
    let published = TRIALS.iter().filter(|(trial, _)| is_published(trial));
    let seen: Vec<(String, &[Violation])> =
        published.map(|(trial, result)| (trial.case_key(), violations(result))).collect();
    assert_eq!(accepted().stale(&seen), []);
}

/// Handles of a guest that opens, lists, waits and closes a thousand times do not accumulate.
fn handles_do_not_accumulate() {
    let mut rounds = 0;
    for (trial, result) in TRIALS.iter().filter(|(trial, _)| trial.guest == "thousand") {
        assert_eq!(result.verdict, Verdict::Passed, "{}", trial.name());
        let looked_at = &result.observation.as_ref().expect("it was run").looked_at;
        println!("{}: {looked_at}, {} at a time", trial.name(), looked_at.most_handles);
        assert!(looked_at.handles > 4_000, "{looked_at}");
        assert!(looked_at.most_handles < 12, "{} at a time", looked_at.most_handles);
        rounds += 1;
    }
    assert!(rounds > 0, "the case was not run");
}
