//! Encodes several guests with the same adapter, which is read once.

use std::error::Error;

use polyfill_encoder::{Adapter, Options, Prepared, Source};

fn guest(number: u32) -> Result<Vec<u8>, wat::Error> {
    wat::parse_str(format!(
        r#"(module
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1)
          (func (export "_start") (call $exit (i32.const {number}))))"#
    ))
}

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let adapter = polyfill_reference::find("reference-command").ok_or("not a published adapter")??;
    let adapters = [Adapter::new("wasi_snapshot_preview1", adapter.wasm())];
    let prepared = Prepared::new(&adapters, Options::default())?;
    for number in 0..3 {
        let wasm = guest(number)?;
        let component = prepared.encode(&Source { name: format!("guest-{number}"), wasm: &wasm, wit: None })?;
        println!("guest {number}: {} bytes", component.len());
    }
    Ok(())
}
