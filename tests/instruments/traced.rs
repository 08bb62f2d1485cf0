//! Runs this repository's suite with a trace of each run: tracing does not change the result of a trial.

use polyfill_builder::Suite;
use polyfill_builder::index::Trial;
use polyfill_runner::{Boundary, Detail, Verdict};

use crate::trials::trials;

/// Trials with tens of thousands of calls.
const LONG: [&str; 1] = ["big-output::pieces::"];

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![trials_pass_with_a_trace]
}

fn trials_pass_with_a_trace() {
    let built = Suite::from_env(crate::root()).trace(true).build().expect("the suite is valid");
    let runner = crate::runner(&built.out_dir).trace(Detail::Short).repeat("polyfill test --trace");
    // External hosts and core modules without an adapter have no trace.
    let traced = |trial: &Trial| {
        let long = LONG.iter().any(|name| trial.name().starts_with(name));
        !long && !built.index.hosts.contains_key(&trial.host) && trial.host != "native"
    };
    let results = runner.run_trials(traced, 0, |_| {}).expect("the index was just built");

    let mut reports = String::new();
    let (mut core, mut host) = (0, 0);
    for result in &results {
        if let Verdict::Failed { report } = &result.verdict {
            reports.push_str(&format!("---- {} ----\n{report}\n", result.name));
        }
        let trace = result.observation.as_ref().and_then(|observation| observation.trace.as_ref());
        for event in trace.iter().flat_map(|trace| &trace.events) {
            core += usize::from(event.boundary == Boundary::Core);
            host += usize::from(event.boundary == Boundary::Import);
        }
    }
    assert!(reports.is_empty(), "{reports}");
    // Guards against missing traces.
    println!("{} trials, {core} calls of adapters, {host} calls of hosts", results.len());
    assert!(core > 5_000 && host > 5_000, "{core} calls of adapters, {host} calls of hosts");
}
