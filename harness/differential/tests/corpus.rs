//! Runs the corpora of the fuzz targets.

use std::path::Path;

use polyfill_differential::fuzz::{TARGETS, campaign};

/// Limit on the total size of the corpora in bytes.
const MOST: usize = 300_000;

#[test]
fn corpus_inputs_do_not_panic() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let mut size = 0;
    for target in TARGETS {
        let files = campaign::corpus(&root.join(target.name)).unwrap();
        assert!(!files.is_empty(), "the corpus of {} is empty", target.name);
        for (path, bytes) in &files {
            let outcome = std::panic::catch_unwind(|| (target.run)(bytes));
            assert!(outcome.is_ok(), "{}", path.display());
            size += bytes.len();
        }
        println!("{}: {} inputs", target.name, files.len());
    }
    assert!(size < MOST, "the corpora have {size} bytes");
}
