//! An adapter that is ordinary Rust: collections, formatting, statics, trait objects, locks and a panic.

use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::exec::{Main, Running};
use crate::support::{GROW, MAIN, good};

const EXPORTS: [&str; 4] = ["bump", "shapes", "maps", "name"];

/// Tests run side by side, and write the same files.
static COMPILER: Mutex<()> = Mutex::new(());

/// Compiles `ordinary.rs` the way that adapters are compiled.
fn compiled(level: &str) -> Vec<u8> {
    let _one_at_a_time = COMPILER.lock().unwrap_or_else(PoisonError::into_inner);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/trim/ordinary/ordinary.rs");
    let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("ordinary-{level}.wasm"));
    let status = Command::new(std::env::var("RUSTC").unwrap_or("rustc".into()))
        .args(["--edition=2024", "--crate-type=cdylib", "--target=wasm32-unknown-unknown"])
        .args(["-Clink-arg=--import-memory", "-Clink-arg=--emit-relocs"])
        .arg(format!("-Copt-level={level}"))
        .arg("-o")
        .args([&output, &source])
        .status()
        .expect("rustc can be run");
    assert!(status.success(), "rustc fails; is the target wasm32-unknown-unknown installed?");
    std::fs::read(&output).expect("rustc wrote it")
}

/// What a series of calls returns and logs.
fn results(running: &mut Running) -> (Vec<i32>, Vec<String>) {
    let mut results = Vec::new();
    for (name, parameter) in [("bump", 1), ("bump", 2), ("shapes", 5), ("maps", 10), ("maps", 11), ("name", 2)] {
        results.push(running.call1(name, parameter).expect("no trap"));
    }
    (results, running.store.data().log.clone())
}

#[test]
fn ordinary_code_works_where_it_is_put() {
    for level in ["0", "3"] {
        let wasm = compiled(level);
        // As it was linked, alone in a memory.
        let mut alone = Running::module(&wasm, Main::default(), 64).expect("an instance");
        let expected = results(&mut alone);
        assert_eq!(expected.0[..3], [8, 10, 35]);
        assert!(expected.1.contains(&"square: 25".to_string()), "{expected:?}");
        for realloc in [GROW, MAIN] {
            let trimmed = good(&wasm, &EXPORTS, realloc);
            let mut running = Running::new(&trimmed, Main::default());
            // `MAIN` hands out a block within two pages: the region must fit, or a block of main's is overwritten.
            let size = trimmed.region.as_ref().map(|region| region.stack_bytes + region.data_bytes);
            if realloc == MAIN && size.is_some_and(|size| size > 120_000) {
                let memory = running.memory;
                memory.grow(&mut running.store, 4).expect("memory");
            }
            assert_eq!(results(&mut running), expected, "{level} {realloc:?}");
        }
    }
}

#[test]
fn a_panic_shows_the_adapters_functions() {
    let trimmed = good(&compiled("3"), &EXPORTS, MAIN);
    let mut running = Running::new(&trimmed, Main::default());
    let error = running.call1("name", 7).expect_err("a panic");
    let trace = format!("{error:?}");
    assert!(trace.contains("adapter!") && trace.contains("panic_bounds_check"), "{trace}");
}

#[test]
fn one_small_export_is_small() {
    let trimmed = good(&compiled("3"), &["bump"], GROW);
    assert!(trimmed.wasm.len() < 600, "{} bytes", trimmed.wasm.len());
    assert_eq!((trimmed.kept.functions, trimmed.kept.data_bytes), (1, 4));
    let region = trimmed.region.expect("static data");
    assert_eq!(region.stack_bytes, 0);
}
