//! Validates an adapter, in both forms. It has static data and no relocations, so its data cannot be moved to main's
//! memory.

use std::error::Error;

use polyfill_encoder::{Adapter, Form, check};

const ADAPTER: &str = r#"(module
  (import "env" "memory" (memory 1))
  (data (i32.const 1024) "\2a\00\00\00")
  (func (export "answer") (result i32) (i32.load (i32.const 1024))))"#;

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let wasm = wat::parse_str(ADAPTER)?;
    let adapter = Adapter::new("example", &wasm);
    let errors = check(&adapter);
    for error in &errors {
        println!("shared: {error}");
    }
    assert_eq!(errors.len(), 1);
    // In a memory of its own, the adapter's data keeps its address.
    assert!(check(&adapter.in_form(Form::Isolated)).is_empty());
    Ok(())
}
