//! The project's own suite once more, with a check of main's memory around each call into an adapter: whatever the
//! language of the guest, and in whose memory the adapter works.

mod counters;

use std::path::Path;

use polyfill_build::Suite;
use polyfill_runner::{Runner, Verdict};

#[test]
fn adapters_write_where_they_may_and_nowhere_else() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let built = Suite::new(root).memory_check(true).build().expect("the suite makes sense");
    let runner = Runner::new(&built.out_dir)
        .root(root)
        .bless(false)
        .repeat("polyfill test --memory-check")
        .imports("imported-resource", counters::add_to_linker)
        .imports("borrowed-handles", counters::add_to_linker);
    let results = runner.run_cells(|_| true, 0, |_| {}).expect("the index was just written");

    let mut reports = String::new();
    for result in &results {
        if let Verdict::Failed { report } = &result.verdict {
            reports.push_str(&format!("---- {} ----\n{report}\n", result.name));
        }
    }
    assert!(reports.is_empty(), "{reports}");

    // That nothing is found must not be for want of looking.
    for (guest, adapter) in [
        ("hello", "wasi_snapshot_preview1.command"),
        ("c-program", "wasi_snapshot_preview1.command.isolated"),
        ("preview0", "wasi_unstable+wasi_snapshot_preview1.command"),
    ] {
        let checked = built.index.cells.iter().zip(&results).any(|(cell, result)| {
            let seen = result.observation.as_ref().is_some_and(|observation| !observation.core_calls.is_empty());
            cell.guest == guest && cell.adapter == adapter && cell.memory_check.is_some() && seen
        });
        let ignored = results.iter().any(|result| {
            result.name.starts_with(&format!("{guest}::")) && matches!(result.verdict, Verdict::Ignored { .. })
        });
        assert!(checked || ignored, "{guest} with {adapter} was not looked at");
    }
}
