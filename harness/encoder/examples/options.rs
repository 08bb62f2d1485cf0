//! Encodes a small component: no names, and a small shadow stack with an overflow check, in new pages of main's memory.

use std::error::Error;

use polyfill_encoder::{Adapter, Input, Options, Region, ShadowStack, Source, encode};

const GUEST: &str = r#"(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (call $exit (i32.const 1))))"#;

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let guest = wat::parse_str(GUEST)?;
    let reference = polyfill_reference::find("reference-command").ok_or("not a published adapter")??;
    let adapter = Adapter::new("wasi_snapshot_preview1", reference.wasm());
    let stack = ShadowStack { size: Some(16384), guard: true, ..ShadowStack::default() };
    let input = Input {
        main: Source { name: "guest".to_string(), wasm: &guest, wit: None },
        adapters: vec![adapter.with_stack(stack)],
    };
    let options = Options { debug_names: false, region: Region::MemoryGrow, ..Options::default() };
    let small = encode(&input, &options)?.component;
    let default = encode(&input, &Options::default())?.component;
    assert!(small.len() < default.len());
    println!("{} bytes, with names {} bytes", small.len(), default.len());
    Ok(())
}
