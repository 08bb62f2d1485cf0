//! The project's own suite once more, with checks of what adapters do at each call: whatever the language of the guest, in
//! whose memory the adapter works, and whether it is one of ours.
//!
//! `sanitize.txt` says of which cases that looks at a part only, or at nothing, and why; `BLESS=1` writes it.

mod counters;
mod golden;
mod passed;

use std::path::PathBuf;
use std::sync::LazyLock;

use polyfill_build::Suite;
use polyfill_build::index::{Cell, is_native};
use polyfill_runner::{Accepted, CellResult, Compared, Runner, Verdict, Violation};

/// Trials that make tens of thousands of calls, each like the one before it.
const LONG: [&str; 1] = ["stuck-nonblocking::"];

/// All trials through adapters, but for those on hosts that are programs.
static TRIALS: LazyLock<Vec<(Cell, CellResult)>> = LazyLock::new(run);

fn run() -> Vec<(Cell, CellResult)> {
    let root = root();
    let built = Suite::new(&root).sanitize(true).build().expect("the suite makes sense");
    let runner = Runner::new(&built.out_dir)
        .root(&root)
        .bless(false)
        .accepted(accepted())
        .repeat("polyfill test --sanitize")
        .imports("imported-resource", counters::add_to_linker)
        .imports("borrowed-handles", counters::add_to_linker);
    let has_adapters = |cell: &Cell| {
        let long = LONG.iter().any(|name| cell.name().starts_with(name));
        !long && !is_native(&cell.host) && !built.index.hosts.contains_key(&cell.host)
    };
    let results = runner.run_cells(has_adapters, 0, |_| {}).expect("the index was just written");
    built.index.cells.iter().filter(|cell| has_adapters(cell)).cloned().zip(results).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn accepted() -> Accepted {
    Accepted::of(&root()).expect("sanitize.toml makes sense")
}

fn is_published(cell: &Cell) -> bool {
    cell.adapter.contains("reference-")
}

fn violations(result: &CellResult) -> &[Violation] {
    result.observation.as_ref().map_or(&[], |observation| &observation.violations)
}

#[test]
fn adapters_do_nothing_that_they_must_not() {
    let Some(_run) = passed::unless_passed("adapters_do_nothing_that_they_must_not") else {
        return;
    };
    let mut reports = String::new();
    for (_, result) in &*TRIALS {
        if let Verdict::Failed { report } = &result.verdict {
            reports.push_str(&format!("---- {} ----\n{report}\n", result.name));
        }
    }
    assert!(reports.is_empty(), "{reports}");

    // That nothing is found must not be for want of looking.
    let compared = Compared::of(TRIALS.iter().map(|(cell, result)| (cell, result)));
    println!("{compared}");
    let looked_at = compared.looked_at();
    assert!(looked_at.calls > 10_000 && looked_at.reallocs > 50 && looked_at.handles > 5_000, "{looked_at}");
    assert!(looked_at.stack_pointers > 1_000, "main's stack pointer was known in {} calls", looked_at.stack_pointers);
    assert!(looked_at.stacks.len() > 30, "{:?}", looked_at.stacks);
    assert!(looked_at.stacks.values().all(|stack| stack.used <= stack.of), "{:?}", looked_at.stacks);
    golden::is_golden(&root().join("tests/sanitize.txt"), &compared.gaps());
}

/// Not even what would be accepted of others.
#[test]
fn our_own_adapters_are_clean() {
    let Some(_run) = passed::unless_passed("our_own_adapters_are_clean") else { return };
    let ours = || TRIALS.iter().filter(|(cell, _)| !is_published(cell));
    for (_, result) in ours() {
        assert_eq!(violations(result), [], "{}", result.name);
    }
    let compared = Compared::of(ours().map(|(cell, result)| (cell, result)));
    println!("{compared}");
    let looked_at = compared.looked_at();
    assert!(looked_at.calls > 3_000 && looked_at.reallocs > 20, "{looked_at}");
}

/// What is accepted is seen.
#[test]
fn no_rule_is_stale() {
    let Some(_run) = passed::unless_passed("no_rule_is_stale") else { return };
    let published = TRIALS.iter().filter(|(cell, _)| is_published(cell));
    let seen: Vec<(String, &[Violation])> =
        published.map(|(cell, result)| (cell.case_key(), violations(result))).collect();
    assert_eq!(accepted().stale(&seen), []);
}

/// A guest that opens, lists, waits and closes a thousand times never has more handles than in the first round.
#[test]
fn handles_do_not_become_more() {
    let Some(_run) = passed::unless_passed("handles_do_not_become_more") else { return };
    let mut rounds = 0;
    for (cell, result) in TRIALS.iter().filter(|(cell, _)| cell.guest == "thousand") {
        assert_eq!(result.verdict, Verdict::Passed, "{}", cell.name());
        let looked_at = &result.observation.as_ref().expect("it was run").looked_at;
        println!("{}: {looked_at}, {} at a time", cell.name(), looked_at.most_handles);
        assert!(looked_at.handles > 4_000, "{looked_at}");
        assert!(looked_at.most_handles < 12, "{} at a time", looked_at.most_handles);
        rounds += 1;
    }
    assert!(rounds > 0, "it was not run");
}
