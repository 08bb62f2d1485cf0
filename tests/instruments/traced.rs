//! Runs this repository's suite with a trace of each run: tracing does not change the result of a trial.

use std::path::Path;

use polyfill_builder::Suite;
use polyfill_builder::index::Trial;
use polyfill_runner::{Boundary, Detail, Options, Runner, Verdict};

use crate::counters;
use crate::trials::trials;

/// Trials with tens of thousands of calls.
const LONG: [&str; 2] = ["big-output::pieces::", "stuck-nonblocking::"];

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![trials_pass_with_a_trace]
}

fn trials_pass_with_a_trace() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let built = Suite::from_env(root).trace(true).build().expect("the suite is valid");
    let runner = Runner::new(&built.out_dir)
        .root(root)
        .options(Options::from_env().expect("the environment is valid"))
        .bless(false)
        .trace(Detail::Short)
        .repeat("polyfill test --trace")
        .imports("imported-resource", counters::add_to_linker)
        .imports("borrowed-handles", counters::add_to_linker);
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
