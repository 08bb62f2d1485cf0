//! Encodes a core module whose WIT is given separately, without an adapter.

use std::error::Error;

use polyfill_encoder::{Input, Options, Source, Wit, encode};
use wit_parser::Resolve;

const WORLD: &str = "package example:calculator; world calculator { export add: func(a: u32, b: u32) -> u32; }";

const GUEST: &str = r#"(module
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#;

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("calculator.wit", WORLD)?;
    let world = resolve.select_world(&[package], Some("calculator"))?;
    let guest = wat::parse_str(GUEST)?;
    let main = Source { name: "calculator".to_string(), wasm: &guest, wit: Some(Wit { resolve, world }) };
    let encoded = encode(&Input { main, adapters: Vec::new() }, &Options::default())?;
    println!("{}", wasmprinter::print_bytes(&encoded.component)?);
    Ok(())
}
