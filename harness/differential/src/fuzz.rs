//! Fuzz targets: arbitrary bytes as inputs of this project's encoder, which may reject them but must not panic.
//!
//! Each target is one function. It is used by the fuzz crate under libFuzzer, by the test that replays the corpus, and
//! by the loop in [`campaign`], which does not need a nightly compiler.

pub mod campaign;
pub mod mutate;

use std::sync::Once;

use polyfill_encoder::{Adapter, Copies, Error, Errors, Form, Forwarding, Input, Options, Source};
use wasmparser::{FuncType, Validator, WasmFeatures};

use crate::generate;
use crate::module::{Core, ImportType};

/// A fuzz target.
pub struct Target {
    /// Name of the target and of its corpus directory.
    pub name: &'static str,
    /// Function that encodes the input and summarizes the outcome. Panics if the encoder panics or reports an internal
    /// error.
    pub run: fn(&[u8]) -> String,
}

/// All targets.
pub const TARGETS: [Target; 4] = [
    Target { name: "encode", run: encode },
    Target { name: "adapter", run: adapter },
    Target { name: "world", run: world },
    Target { name: "structured", run: structured },
];

/// Import module that the adapter under test implements.
const NAME: &str = "old";

/// Interprets the bytes as main.
pub fn encode(bytes: &[u8]) -> String {
    attempt(bytes, &[])
}

/// Interprets the bytes as an adapter. Main imports all its exports.
pub fn adapter(bytes: &[u8]) -> String {
    let main = wat::parse_str(main_for(bytes).wat()).unwrap_or_default();
    let mut said = String::new();
    for form in [Form::Auto, Form::Shared, Form::Isolated] {
        let adapter = Adapter::new(NAME, bytes).in_form(form);
        at_fault(&polyfill_encoder::check(&adapter));
        said += &attempt(&main, &[adapter]);
    }
    said
}

/// Interprets the bytes as the world of a main module with fixed exports.
pub fn world(bytes: &[u8]) -> String {
    let main = r#"(module
        (import "a:b/c" "f" (func))
        (memory (export "memory") 1)
        (func (export "run"))
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 0))"#;
    let mut main = wat::parse_str(main).unwrap_or_default();
    use wasm_encoder::{CustomSection, Encode};
    // A custom section: id, then size and contents.
    main.push(0);
    CustomSection { name: "component-type:world".into(), data: bytes.into() }.encode(&mut main);
    attempt(&main, &[])
}

/// Interprets the bytes as the choice of a generated world and as changes to its binaries.
pub fn structured(bytes: &[u8]) -> String {
    let (head, rest) = bytes.split_at(bytes.len().min(8));
    let mut number = [0; 8];
    number[..head.len()].copy_from_slice(head);
    let (_, sample) = generate::sample(None, 0, u64::from_le_bytes(number));
    let Ok(mut binaries) = sample.inputs().binaries() else { return "no input".to_string() };
    // A change has six bytes: module, offset and edit.
    for change in rest.as_chunks::<6>().0 {
        let count = binaries.adapters.len() + 1;
        let module = match usize::from(change[0]) % count {
            0 => &mut binaries.main,
            number => &mut binaries.adapters[number - 1].1,
        };
        let at = usize::from(u16::from_le_bytes([change[1], change[2]])) % module.len().max(1);
        match change[3] % 4 {
            0 => module.truncate(at),
            1 => module.splice(at..at, [change[4], change[5]]).for_each(drop),
            2 => drop(module.drain(at..module.len().min(at + usize::from(change[4] % 8)))),
            _ => module.iter_mut().skip(at).take(1).for_each(|byte| *byte = change[4]),
        }
    }
    let adapters = binaries.adapters.iter().map(|(name, wasm)| Adapter::new(name, wasm));
    attempt(&binaries.main, &adapters.collect::<Vec<_>>())
}

/// Encodes with default options and with all options.
fn attempt(main: &[u8], adapters: &[Adapter<'_>]) -> String {
    let input = Input { main: Source { name: "main".into(), wasm: main, wit: None }, adapters: adapters.to_vec() };
    let all = Options {
        forwarding: Forwarding::References,
        copies: Copies::Loads,
        canonical_names: true,
        provenance: true,
        ..Options::default()
    };
    let few = Options { debug_names: false, validate: false, ..Options::default() };
    foreign_panics_are_caught();
    let mut said = String::new();
    for options in [all, few] {
        match polyfill_encoder::encode(&input, &options) {
            Ok(encoded) => {
                said += &format!(
                    "{} bytes, {} lines;",
                    encoded.component.len() / 256,
                    encoded.plan.to_string().len() / 256
                );
                let _ = polyfill_encoder::provenance(&encoded.component);
            }
            Err(errors) => {
                at_fault_in(&errors);
                said += &format!("{};", crate::compare::plain(&errors.to_string()));
            }
        }
    }
    said
}

/// Panics of the WIT library are caught by the encoder. libFuzzer's panic hook would abort first.
fn foreign_panics_are_caught() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !info.location().is_some_and(|at| at.file().contains("/wit-parser-")) {
                before(info);
            }
        }));
    });
}

/// Checks for internal errors.
///
/// # Panics
///
/// Panics if the encoder reports an internal error.
fn at_fault_in(errors: &Errors) {
    errors.iter().for_each(|error| at_fault(std::slice::from_ref(error)));
}

fn at_fault(errors: &[Error]) {
    let fault = errors.iter().find(|error| matches!(error, Error::Audit { .. }));
    assert!(fault.is_none(), "{fault:?}");
}

/// Returns a main module that imports all functions that an adapter exports, or `f` if the bytes are not a module.
fn main_for(adapter: &[u8]) -> Core {
    let mut main = Core::default();
    let valid = Validator::new_with_features(WasmFeatures::all()).validate_all(adapter).is_ok();
    let exports = if valid { Core::read(adapter).map(|core| core.functions).unwrap_or_default() } else { Vec::new() };
    for function in &exports {
        for name in &function.exports {
            main.import(NAME, name, ImportType::Func(function.ty.clone()));
        }
    }
    if main.imports.is_empty() {
        main.import(NAME, "f", ImportType::Func(FuncType::new([], [])));
    }
    main.memories.push(vec!["memory".into()]);
    main.function(&["cabi_realloc"], crate::module::realloc_type(), Vec::new());
    main.function(&["_start"], FuncType::new([], []), Vec::new());
    main
}
