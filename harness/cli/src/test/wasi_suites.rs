//! Report on the suites of a wasi-testsuite directory.

use std::collections::BTreeMap;

use polyfill_builder::index::Trial;
use polyfill_builder::{WasiSuite, terminal};
use polyfill_runner::{TrialResult, Verdict};

/// Counts of a suite's trials.
#[derive(Default)]
struct Counts {
    passed: usize,
    failed: usize,
    ignored: usize,
}

/// Lists each suite with its directory and the numbers of its trials, and what cannot be a test. Empty without suites.
pub(super) fn counts<'a>(suites: &[WasiSuite], trials: impl Iterator<Item = (&'a Trial, &'a TrialResult)>) -> String {
    let mut of_guest: BTreeMap<&str, Counts> = BTreeMap::new();
    for (trial, result) in trials {
        let counts = of_guest.entry(&trial.guest).or_default();
        match result.verdict {
            Verdict::Passed | Verdict::FailedAsExpected { .. } | Verdict::Blessed { .. } => counts.passed += 1,
            Verdict::Failed { .. } => counts.failed += 1,
            Verdict::Ignored { .. } => counts.ignored += 1,
        }
    }
    let mut text = String::new();
    for suite in suites {
        let name = terminal::line(&suite.name);
        let folder = terminal::line(&suite.folder);
        let head = if suite.name == suite.folder { format!("  {name}") } else { format!("  {name} (`{folder}`)") };
        let all = suite.tests.values().filter_map(|guest| of_guest.get(guest.as_str()));
        let sum = all.fold(Counts::default(), |sum, one| Counts {
            passed: sum.passed + one.passed,
            failed: sum.failed + one.failed,
            ignored: sum.ignored + one.ignored,
        });
        match sum {
            _ if suite.tests.is_empty() => text += &format!("{head}: no modules (`.wasm`)\n"),
            // A filter selects none of its tests.
            Counts { passed: 0, failed: 0, ignored: 0 } => {}
            Counts { passed, failed, ignored } => {
                text += &format!("{head}: {passed} passed, {failed} failed, {ignored} ignored\n");
            }
        }
        if !suite.tests.is_empty() {
            let missing = suite.without_module.iter();
            text += &missing.map(|json| format!("    no module for `{}`\n", terminal::line(json))).collect::<String>();
        }
    }
    if text.is_empty() { text } else { format!("\nsuites:\n{text}") }
}
