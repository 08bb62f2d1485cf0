//! Short ways to trim and to look at the outcome.

use wasmparser::{Validator, WasmFeatures};

use crate::trim::{self, Form, MainRealloc, Problem, Request, Stack, TrimError, Trimmed};

/// Main's realloc, in the tests that have one.
pub const MAIN: MainRealloc<'static> = MainRealloc::Export("main_realloc");

/// No realloc of main's.
pub const GROW: MainRealloc<'static> = MainRealloc::Grow;

/// A module from text.
pub fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("the test's own module")
}

/// Trims for main's memory; a success is a valid module.
pub fn trim(wasm: &[u8], exports: &[&str], realloc: MainRealloc<'_>) -> Result<Trimmed, Vec<TrimError>> {
    trim_as(Form::Shared, wasm, exports, realloc)
}

/// Trims; a success is a valid module.
pub fn trim_as(form: Form, wasm: &[u8], exports: &[&str], realloc: MainRealloc<'_>) -> Result<Trimmed, Vec<TrimError>> {
    trim_with(Stack::default(), form, wasm, exports, realloc)
}

/// Trims with wishes for the stack; a success is a valid module.
pub fn trim_with(
    stack: Stack,
    form: Form,
    wasm: &[u8],
    exports: &[&str],
    realloc: MainRealloc<'_>,
) -> Result<Trimmed, Vec<TrimError>> {
    trim_to((stack, false), form, wasm, exports, realloc)
}

/// The same for an adapter that reports to the host, and that is as it should be.
pub fn reporting(stack: Stack, form: Form, wasm: &[u8], exports: &[&str], realloc: MainRealloc<'_>) -> Trimmed {
    trim_to((stack, true), form, wasm, exports, realloc).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

fn trim_to(
    (stack, reports): (Stack, bool),
    form: Form,
    wasm: &[u8],
    exports: &[&str],
    realloc: MainRealloc<'_>,
) -> Result<Trimmed, Vec<TrimError>> {
    let exports = exports.iter().map(|export| export.to_string()).collect();
    let (exports, also) = (&exports, &|_| None);
    let (debug, validate) = (true, true);
    let request = Request { name: "adapter", wasm, exports, also, form, realloc, stack, reports, debug, validate };
    let trimmed = trim::trim(&request)?;
    Validator::new_with_features(WasmFeatures::all()).validate_all(&trimmed.wasm).expect("what trim writes is valid");
    Ok(trimmed)
}

/// Trims a module that is as it should be.
pub fn good(wasm: &[u8], exports: &[&str], realloc: MainRealloc<'_>) -> Trimmed {
    trim(wasm, exports, realloc).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// Trims for a memory of its own a module that is as it should be.
pub fn isolated(wasm: &[u8], exports: &[&str]) -> Trimmed {
    trim_as(Form::Isolated, wasm, exports, MAIN).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// The problems of a module that is not.
pub fn problems(text: &str, exports: &[&str]) -> Vec<Problem> {
    match trim(&wat(text), exports, GROW) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.into_iter().map(|error| error.problem).collect(),
    }
}

/// A module as text.
pub fn text(wasm: &[u8]) -> String {
    wasmprinter::print_bytes(wasm).expect("a valid module can be printed")
}

/// Compares a module with what is expected, both as text.
#[track_caller]
pub fn same(wasm: &[u8], expected: &str) {
    let (found, expected) = (text(wasm), text(&wat(expected)));
    assert!(found == expected, "--- expected\n{expected}\n--- found\n{found}");
}
