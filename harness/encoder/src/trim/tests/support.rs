//! Helpers that run garbage collection and inspect the result.

use wasmparser::{Validator, WasmFeatures};

use crate::trim::{self, Form, MainRealloc, Problem, Request, ShadowStack, TrimError, Trimmed};

/// Main's realloc, in tests in which main has one.
pub const MAIN: MainRealloc<'static> = MainRealloc::Export("main_realloc");

/// Main without a realloc.
pub const GROW: MainRealloc<'static> = MainRealloc::Grow;

/// Assembles a module from the text format.
pub fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("a valid test module")
}

/// Garbage-collects an adapter in the shared form, and validates the result.
pub fn trim(wasm: &[u8], exports: &[&str], realloc: MainRealloc<'_>) -> Result<Trimmed, Vec<TrimError>> {
    trim_as(Form::Shared, wasm, exports, realloc)
}

/// Garbage-collects an adapter in the given form, and validates the result.
pub fn trim_as(form: Form, wasm: &[u8], exports: &[&str], realloc: MainRealloc<'_>) -> Result<Trimmed, Vec<TrimError>> {
    trim_with(ShadowStack::default(), form, wasm, exports, realloc)
}

/// Garbage-collects an adapter with stack options, and validates the result.
pub fn trim_with(
    stack: ShadowStack,
    form: Form,
    wasm: &[u8],
    exports: &[&str],
    realloc: MainRealloc<'_>,
) -> Result<Trimmed, Vec<TrimError>> {
    trim_to(stack, false, form, wasm, exports, realloc)
}

/// Garbage-collects a valid adapter with support for reports to the host.
pub fn reporting(stack: ShadowStack, form: Form, wasm: &[u8], exports: &[&str], realloc: MainRealloc<'_>) -> Trimmed {
    trim_to(stack, true, form, wasm, exports, realloc).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

fn trim_to(
    stack: ShadowStack,
    reports: bool,
    form: Form,
    wasm: &[u8],
    exports: &[&str],
    realloc: MainRealloc<'_>,
) -> Result<Trimmed, Vec<TrimError>> {
    let trimmed = trim_any(true, stack, reports, form, wasm, exports, realloc)?;
    Validator::new_with_features(WasmFeatures::all()).validate_all(&trimmed.wasm).expect("the output is valid");
    Ok(trimmed)
}

/// Garbage-collects an adapter with all checks of the stack, but validates neither the adapter nor the result.
pub fn trim_unvalidated(
    form: Form,
    wasm: &[u8],
    exports: &[&str],
    realloc: MainRealloc<'_>,
) -> Result<Trimmed, Vec<TrimError>> {
    let stack = ShadowStack { checked: true, ..ShadowStack::default() };
    trim_any(false, stack, true, form, wasm, exports, realloc)
}

fn trim_any(
    validate: bool,
    stack: ShadowStack,
    reports: bool,
    form: Form,
    wasm: &[u8],
    exports: &[&str],
    realloc: MainRealloc<'_>,
) -> Result<Trimmed, Vec<TrimError>> {
    let exports = &exports.iter().map(|export| export.to_string()).collect();
    let (also, debug) = (&|_| None, true);
    trim::trim(&Request { name: "adapter", wasm, exports, also, form, realloc, stack, reports, debug, validate })
}

/// Garbage-collects a valid adapter in the shared form.
pub fn good(wasm: &[u8], exports: &[&str], realloc: MainRealloc<'_>) -> Trimmed {
    trim(wasm, exports, realloc).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// Garbage-collects a valid adapter in the isolated form.
pub fn isolated(wasm: &[u8], exports: &[&str]) -> Trimmed {
    trim_as(Form::Isolated, wasm, exports, MAIN).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// Returns the problems of an adapter in the shared form.
pub fn problems(text: &str, exports: &[&str]) -> Vec<Problem> {
    match trim(&wat(text), exports, GROW) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.into_iter().map(|error| error.problem).collect(),
    }
}

/// Prints a module in the text format.
pub fn text(wasm: &[u8]) -> String {
    wasmprinter::print_bytes(wasm).expect("a valid module can be printed")
}

/// Asserts that a module and the expected one have the same text.
#[track_caller]
pub fn same(wasm: &[u8], expected: &str) {
    let (found, expected) = (text(wasm), text(&wat(expected)));
    assert!(found == expected, "--- expected\n{expected}\n--- found\n{found}");
}
