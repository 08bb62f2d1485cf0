//! What becomes of calls out of the guest's allocator is what the files under `tests/entry/` say; BLESS=1 writes them. This
//! suite's own adapters can be called at any time.

mod golden;
mod passed;

use std::path::PathBuf;

use polyfill_build::{AdapterModule, Suite, reference};
use polyfill_lab::entry::{Report, Subject, entry};

#[test]
fn published_adapters_cannot_be_called_while_they_set_themselves_up() {
    let Some(_run) = passed::unless_passed(
        "published_adapters_cannot_be_called_while_they_set_themselves_up",
        &passed::suite(&root()),
    ) else {
        return;
    };
    for name in ["reference-command@25.0.0", "reference-command@48.0.8", "reference-command@50.0.1"] {
        let adapter = reference::find(name).expect("a name").expect("a release");
        let implements = vec![reference::IMPORT_MODULE.to_string()];
        let subject =
            Subject { name: name.to_string(), implements, wasm: adapter.wasm().to_vec(), host: "wasi".to_string() };
        let report = look(&subject);
        assert!(report.runs() > 3000 && report.usual() < report.runs() / 2, "{report}");
        golden::is_golden(&root().join("tests/entry").join(format!("{name}.txt")), &report.to_string());
    }
}

#[test]
fn ours_can_be_called_at_any_time() {
    let Some(_run) = passed::unless_passed("ours_can_be_called_at_any_time", &passed::suite(&root())) else { return };
    let name = "wasi_snapshot_preview1.command";
    let AdapterModule { implements, wasm } =
        Suite::new(root()).adapter(name).expect("it is found").expect("it compiles");
    let report = look(&Subject { name: name.to_string(), implements, wasm, host: "my-wasi".to_string() });
    assert!(report.runs() > 2000 && report.usual() == report.runs(), "{report}");
    golden::is_golden(&root().join("tests/entry").join(format!("{name}.txt")), &report.to_string());
}

fn look(subject: &Subject) -> Report {
    entry(subject).unwrap_or_else(|error| panic!("{error}"))
}

fn root() -> PathBuf {
    polyfill_runner::root_dir(env!("CARGO_MANIFEST_DIR"))
}
