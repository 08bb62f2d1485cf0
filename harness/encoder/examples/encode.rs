//! Encodes a core module that imports `wasi_snapshot_preview1`, with the newest published adapter.

use std::error::Error;

use polyfill_encoder::{Adapter, Input, Options, Source, encode};

const GUEST: &str = r#"(module
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") (drop (call $random_get (i32.const 0) (i32.const 8)))))"#;

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let guest = wat::parse_str(GUEST)?;
    let adapter = polyfill_reference::find("reference-command").ok_or("not a published adapter")??;
    let input = Input {
        main: Source { name: "guest".to_string(), wasm: &guest, wit: None },
        adapters: vec![Adapter::new("wasi_snapshot_preview1", adapter.wasm())],
    };
    let encoded = encode(&input, &Options::default())?;
    for warning in &encoded.warnings {
        eprintln!("warning: {warning}");
    }
    assert!(wasmparser::Parser::is_component(&encoded.component));
    println!("{} bytes", encoded.component.len());
    Ok(())
}
