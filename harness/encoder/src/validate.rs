//! Validation: first the structure of the component, then all function bodies in parallel.
//!
//! Bodies are most of the work and are independent of each other.

use std::ops::Range;

use rayon::prelude::*;
use wasmparser::{
    BinaryReaderError, FuncToValidate, FuncValidatorAllocations, FunctionBody, Parser, ValidPayload, Validator,
    ValidatorResources, WasmFeatures,
};

use crate::error::{Error, Errors};
use crate::read::Module;

/// Minimum number of bytes of function bodies that are validated together.
const WORTH_A_THREAD: u64 = 64 * 1024;

type Body<'a> = (FuncToValidate<ValidatorResources>, FunctionBody<'a>);

/// Validates a component. If it is invalid, the errors of the input modules are returned; if these are valid, that of
/// the component.
pub(crate) fn validate(component: &[u8], modules: &[Module<'_>]) -> Result<(), Errors> {
    let Some((offset, message)) = mistake(component) else { return Ok(()) };
    // An error in an input module can be fixed by the user, so the input modules are validated for a more useful
    // message.
    let found = modules.iter().filter_map(|module| {
        let (offset, message) = mistake(&module.bytes)?;
        Some(Error::InvalidModule { module: module.name.clone(), offset, message })
    });
    Errors::check(found.collect())?;
    Err(Error::Invalid { offset, message }.into())
}

/// Returns the offset in bytes and the message of the first validation error of a component or module.
pub(crate) fn mistake(wasm: &[u8]) -> Option<(u64, String)> {
    let mut bodies = Vec::new();
    let structure = structure(wasm, &mut bodies);
    let found = [structure.err(), check(bodies)].into_iter().flatten();
    found.min_by_key(BinaryReaderError::offset).map(|error| (error.offset(), error.message().to_string()))
}

/// Validates everything except function bodies, which are collected. Stops at the first error.
fn structure<'a>(wasm: &'a [u8], bodies: &mut Vec<Body<'a>>) -> wasmparser::Result<()> {
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    for payload in Parser::new(0).parse_all(wasm) {
        if let ValidPayload::Func(function, body) = validator.payload(&payload?)? {
            bodies.push((function, body));
        }
    }
    Ok(())
}

/// Validates function bodies on all processors and returns the error with the lowest offset.
///
/// No caller may hold a lock: a thread of rayon's pool that waits here may encode another component meanwhile.
fn check(bodies: Vec<Body<'_>>) -> Option<BinaryReaderError> {
    let mut pieces = pieces(bodies);
    match pieces.len() {
        // The pool is not started for a small component.
        0 | 1 => check_piece(pieces.pop()?),
        _ => pieces.into_par_iter().filter_map(check_piece).min_by_key(BinaryReaderError::offset),
    }
}

/// Groups consecutive bodies into pieces of at least [`WORTH_A_THREAD`] bytes.
fn pieces(bodies: Vec<Body<'_>>) -> Vec<Vec<Body<'_>>> {
    let mut pieces: Vec<Vec<Body<'_>>> = Vec::new();
    let mut piece = Vec::new();
    let mut size = 0;
    for body in bodies {
        let Range { start, end } = body.1.range();
        size += end - start;
        piece.push(body);
        if size >= WORTH_A_THREAD {
            pieces.push(std::mem::take(&mut piece));
            size = 0;
        }
    }
    pieces.extend(Some(piece).filter(|rest| !rest.is_empty()));
    pieces
}

fn check_piece(bodies: Vec<Body<'_>>) -> Option<BinaryReaderError> {
    let mut allocations = FuncValidatorAllocations::default();
    for (function, body) in bodies {
        let mut validator = function.into_validator(std::mem::take(&mut allocations));
        if let Err(error) = validator.validate(&body) {
            return Some(error);
        }
        allocations = validator.into_allocations();
    }
    None
}
