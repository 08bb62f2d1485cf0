//! Compiles the test adapter with the options for adapters.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::rustc;

/// Level of debug information.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Debuginfo {
    /// Full: includes types and variables.
    Full,
    /// Functions and lines only.
    Lines,
}

static COMPILED: Mutex<BTreeMap<(String, Debuginfo), Vec<u8>>> = Mutex::new(BTreeMap::new());

/// Compiles `lines.rs`.
pub fn adapter(level: &str, debuginfo: Debuginfo) -> Vec<u8> {
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (level.to_string(), debuginfo);
    compiled.entry(key).or_insert_with(|| compile(level, debuginfo)).clone()
}

fn compile(level: &str, debuginfo: Debuginfo) -> Vec<u8> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dwarf/lines.rs");
    let debuginfo = match debuginfo {
        Debuginfo::Full => "2",
        Debuginfo::Lines => "line-tables-only",
    };
    let options = ["-Cpanic=abort", "-Clink-arg=--import-memory", "-Clink-arg=--emit-relocs"].map(String::from);
    let choices = [format!("-Copt-level={level}"), format!("-Cdebuginfo={debuginfo}")];
    rustc::module(&source, &[&options[..], &choices].concat())
}

/// Creates a main module that has the debug sections of another module and imports a function of the adapter.
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
