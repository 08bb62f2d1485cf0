//! What becomes of calls at bad times, and of many of them, is what the files under `tests/entry/` say; BLESS=1 writes them. This
//! suite's own adapters can be called at any time, and keep nothing.

mod golden;
mod passed;

use std::path::PathBuf;

use polyfill_build::Suite;
use polyfill_lab::adapter::adapter;
use polyfill_lab::entry::{Report, Shape, Subject, entry};

#[test]
fn published_adapters_cannot_be_called_while_they_set_themselves_up() {
    let Some(_run) = passed::unless_passed("published_adapters_cannot_be_called_while_they_set_themselves_up") else {
        return;
    };
    for (name, shapes) in [
        ("reference-command@25.0.0", &[] as &[Shape]),
        ("reference-command@48.0.8", &[]),
        ("reference-command@50.0.1", &Shape::OTHERS),
    ] {
        let report = look(name, "wasi", shapes);
        assert!(report.runs() > 3000 && report.usual() < report.runs() / 2, "{report}");
    }
}

#[test]
fn ours_can_be_called_at_any_time() {
    let Some(_run) = passed::unless_passed("ours_can_be_called_at_any_time") else { return };
    for name in ["wasi_snapshot_preview1.command", "wasi_snapshot_preview1.command.isolated", "wasi_snapshot_preview1"]
    {
        let report = look(name, "my-wasi", &Shape::OTHERS);
        // Where nobody can give memory while main's allocator runs, there is none.
        assert!(report.unusual().iter().all(|shape| *shape == Shape::FixedMemory), "{report}");
        assert!(!report.keeps_more(), "{report}");
    }
}

/// A call that closes the descriptor, or removes the file, of the call that it is made in is felt there.
#[test]
fn ours_with_files_keeps_nothing() {
    let Some(_run) = passed::unless_passed("ours_with_files_keeps_nothing") else { return };
    let report = look("wasi_snapshot_preview1.wasi-command", "wasi", &Shape::OTHERS);
    assert!(report.usual() + 50 > report.runs() && !report.keeps_more(), "{report}");
}

fn look(name: &str, host: &str, shapes: &[Shape]) -> Report {
    let module = adapter(&Suite::new(root()), name).unwrap_or_else(|error| panic!("{error}"));
    let subject = Subject { name: name.to_string(), module, host: host.to_string() };
    let report = entry(&subject, shapes).unwrap_or_else(|error| panic!("{error}"));
    golden::is_golden(&root().join("tests/entry").join(format!("{name}.txt")), &report.to_string());
    report
}

fn root() -> PathBuf {
    polyfill_runner::root_dir(env!("CARGO_MANIFEST_DIR"))
}
