//! Validation: first the structure of the component, then all function bodies in parallel.
//!
//! Bodies are most of the work and are independent of each other.

use std::num::NonZero;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::thread;

use wasmparser::{
    BinaryReaderError, FuncToValidate, FuncValidatorAllocations, FunctionBody, Parser, ValidPayload, Validator,
    ValidatorResources, WasmFeatures,
};

use crate::error::{Error, Errors};
use crate::read::Module;

/// Minimum number of bytes of function bodies per thread.
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
fn check(bodies: Vec<Body<'_>>) -> Option<BinaryReaderError> {
    let pieces = pieces(bodies);
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let others = processors.min(pieces.len()).saturating_sub(1);
    // Threads take pieces from a shared queue, so a slow thread does not delay the others.
    let queue = Mutex::new(pieces.into_iter());
    let work = || {
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        std::iter::from_fn(next).filter_map(check_piece).min_by_key(BinaryReaderError::offset)
    };
    thread::scope(|scope| {
        let others: Vec<_> = (0..others).map(|_| scope.spawn(work)).collect();
        let own = work();
        let others = others.into_iter().filter_map(|other| other.join().ok().flatten());
        others.chain(own).min_by_key(BinaryReaderError::offset)
    })
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
