//! The project's own suite once more, with a trace of each run: tracing changes nothing that a trial sees.

mod counters;
mod passed;

use std::path::Path;

use polyfill_build::Suite;
use polyfill_build::index::Cell;
use polyfill_runner::{Boundary, Detail, Runner, Verdict};

/// Trials that make tens of thousands of calls, of which each is told.
const LONG: [&str; 1] = ["big-output::pieces::"];

#[test]
fn trials_pass_with_a_trace() {
    let Some(_run) = passed::unless_passed("trials_pass_with_a_trace") else {
        return;
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let built = Suite::new(root).trace(true).build().expect("the suite makes sense");
    let runner = Runner::new(&built.out_dir)
        .root(root)
        .bless(false)
        .trace(Detail::Short)
        .repeat("polyfill test --trace")
        .imports("imported-resource", counters::add_to_linker)
        .imports("borrowed-handles", counters::add_to_linker);
    // Programs that are hosts, and core modules without an adapter, have no trace.
    let traced = |cell: &Cell| {
        let long = LONG.iter().any(|name| cell.name().starts_with(name));
        !long && !built.index.hosts.contains_key(&cell.host) && cell.host != "native"
    };
    let results = runner.run_cells(traced, 0, |_| {}).expect("the index was just written");

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
    // That nothing is different must not be for want of a trace.
    println!("{} trials, {core} calls of adapters, {host} calls of hosts", results.len());
    assert!(core > 5_000 && host > 5_000, "{core} calls of adapters, {host} calls of hosts");
}
