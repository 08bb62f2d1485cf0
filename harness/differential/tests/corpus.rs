//! The corpora of the fuzz targets, through the targets: no panic.

use std::path::Path;

use polyfill_differential::fuzz::{TARGETS, hunt};

/// The corpora are small: all files together.
const MOST: usize = 300_000;

#[test]
fn no_input_of_the_corpora_panics() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let mut size = 0;
    for target in TARGETS {
        let files = hunt::corpus(&root.join(target.name)).unwrap();
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
