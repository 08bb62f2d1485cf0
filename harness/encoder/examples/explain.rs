//! Prints the decisions of an encoding: the source of each import, and the reason for each indirect call.

use std::error::Error;

use polyfill_encoder::{Adapter, Input, Options, Source, encode};

const GUEST: &str = r#"(module
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") (drop (call $random_get (i32.const 0) (i32.const 8)))))"#;

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let guest = wat::parse_str(GUEST)?;
    let adapter = polyfill_reference::find("reference-command").ok_or("not a published adapter")??;
    let main = Source { name: "guest".to_string(), wasm: &guest, wit: None };
    let adapters = vec![Adapter::new("wasi_snapshot_preview1", adapter.wasm())];
    let plan = encode(&Input { main, adapters }, &Options::default())?.plan;
    // `plan.detailed()` also lists the functions of each adapter; `plan.to_json()` has all details as JSON.
    let text = plan.to_string();
    assert!(text.contains("wasi_snapshot_preview1 random_get <- wasi_snapshot_preview1 `random_get`"), "{text}");
    println!("{text}");
    Ok(())
}
