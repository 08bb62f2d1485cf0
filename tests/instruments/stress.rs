//! Checks initialization order, re-entrancy and leaks of adapters against the files under `stress/`; BLESS=1
//! updates them. This suite's own adapters are re-entrant and do not leak.

use polyfill_builder::Suite;
use polyfill_lab::adapter::adapter;
use polyfill_lab::stress::{Report, Shape, Subject, entry};
use polyfill_testing::golden;

use crate::root;
use crate::trials::trials;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![
        published_adapters_are_not_reentrant_during_initialization,
        the_suites_adapters_are_reentrant,
        the_suites_adapter_with_files_does_not_leak,
    ]
}

fn published_adapters_are_not_reentrant_during_initialization() {
    for (name, shapes) in [
        ("reference-command@25.0.0", &[] as &[Shape]),
        ("reference-command@48.0.8", &[]),
        ("reference-command@50.0.1", &Shape::OTHERS),
    ] {
        let report = look(name, "wasi", shapes);
        assert!(report.runs() > 3000 && report.usual() < report.runs() / 2, "{report}");
    }
}

fn the_suites_adapters_are_reentrant() {
    for name in ["wasi_snapshot_preview1.command", "wasi_snapshot_preview1.command.isolated", "wasi_snapshot_preview1"]
    {
        let report = look(name, "my-wasi", &Shape::OTHERS);
        // Without a source of memory while main's allocator runs, the allocation fails.
        assert!(report.unusual().iter().all(|shape| *shape == Shape::FixedMemory), "{report}");
        assert!(!report.keeps_more(), "{report}");
    }
}

/// An inner call that closes the descriptor or removes the file of the outer call affects the outer call.
fn the_suites_adapter_with_files_does_not_leak() {
    let report = look("wasi_snapshot_preview1.wasi-command", "wasi", &Shape::OTHERS);
    assert!(report.usual() + 50 > report.runs() && !report.keeps_more(), "{report}");
}

fn look(name: &str, host: &str, shapes: &[Shape]) -> Report {
    let module = adapter(&Suite::from_env(root()), name).unwrap_or_else(|error| panic!("{error}"));
    let subject = Subject { name: name.to_string(), module, host: host.to_string() };
    let report = entry(&subject, shapes).unwrap_or_else(|error| panic!("{error}"));
    golden::assert(&root().join("tests/instruments/stress").join(format!("{name}.txt")), &report.to_string());
    report
}
