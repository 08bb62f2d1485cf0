//! Compiles the adapter, the way that adapters are compiled.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// How much debug information.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Debuginfo {
    /// Types and variables, too.
    Full,
    /// Functions and lines.
    Lines,
}

static COMPILED: Mutex<BTreeMap<(String, Debuginfo), Vec<u8>>> = Mutex::new(BTreeMap::new());

/// `lines.rs` as a module.
pub fn adapter(level: &str, debuginfo: Debuginfo) -> Vec<u8> {
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (level.to_string(), debuginfo);
    compiled.entry(key).or_insert_with(|| compile(level, debuginfo)).clone()
}

fn compile(level: &str, debuginfo: Debuginfo) -> Vec<u8> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dwarf/lines.rs");
    let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("lines-{level}-{debuginfo:?}.wasm"));
    let debuginfo = match debuginfo {
        Debuginfo::Full => "2",
        Debuginfo::Lines => "line-tables-only",
    };
    let status = Command::new(std::env::var("RUSTC").unwrap_or("rustc".into()))
        .args(["--edition=2024", "--crate-type=cdylib", "--target=wasm32-unknown-unknown", "-Cpanic=abort"])
        .args(["-Clink-arg=--import-memory", "-Clink-arg=--emit-relocs"])
        .args([format!("-Copt-level={level}"), format!("-Cdebuginfo={debuginfo}")])
        .arg("-o")
        .args([&output, &source])
        .status()
        .expect("rustc can be run");
    assert!(status.success(), "rustc fails; is the target wasm32-unknown-unknown installed?");
    std::fs::read(&output).expect("rustc wrote it")
}

/// A main module with the debug sections of another, that asks the adapter for a function.
pub fn as_main(with_debug: &[u8]) -> Vec<u8> {
    let text = r#"(module (import "lines" "bump" (func (param i32) (result i32))) (memory (export "memory") 17))"#;
    let mut main = wat::parse_str(text).expect("the test's own module");
    for (name, data) in super::Core::sections(with_debug) {
        if name.starts_with(".debug_") {
            let section = wasm_encoder::CustomSection { name: name.into(), data: data.into() };
            main.push(wasm_encoder::SectionId::Custom as u8);
            wasm_encoder::Encode::encode(&section, &mut main);
        }
    }
    main
}
