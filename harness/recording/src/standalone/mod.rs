//! Conversion of a recording to a standalone repro: a component without imports that contains the recorded host.
//!
//! The *replaying host* is a component that exports the imports of the recorded component. Each call must be to the
//! same function as in the recording, and returns the recorded result. Any other call traps, and so does the call in
//! which the recorded host ended the run.

mod layout;
mod outer;
mod replaying_host;

use polyfill_encoder::{Errors, Input, Options, Source, Wit, encode};
use polyfill_runner::{Engine, EngineError, recorded_results};
use thiserror::Error;
use wasmparser::{Validator, WasmFeatures};
use wit_parser::decoding::{self, DecodedWasm};
use wit_parser::{Resolve, WorldId};

use crate::format::Recording;
use replaying_host::ReplayingHost;

/// Error in the conversion to a standalone repro.
#[derive(Debug, Error)]
pub enum StandaloneError {
    /// The engine rejects the component, so that the types of its imports are unknown.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The types of the component are invalid.
    #[error("cannot decode the types of the component: {0}")]
    Types(String),
    /// The trace does not match the component.
    #[error("the trace does not fit the component: {0}")]
    Trace(String),
    /// The values of a type cannot be stored statically.
    #[error("unsupported value in a call of `{function}`: {message}")]
    Value {
        /// Name of the function.
        function: String,
        /// Description of the unsupported value.
        message: String,
    },
    /// The recording requires more functions than a component can hold.
    #[error("too many calls with handles in the recording: expected at most {most}")]
    Large {
        /// Maximum number of calls.
        most: usize,
    },
    /// Encoding the replaying host failed.
    #[error("cannot encode the replaying host: {0}")]
    Encode(#[from] Errors),
    /// The result is invalid, for example because the type of an export refers to an import.
    #[error("the standalone component is invalid: {0}")]
    Invalid(String),
}

/// Converts a recording to a standalone repro.
///
/// # Errors
///
/// [`StandaloneError`] if the engine rejects the component, the trace does not match it, or a value or the number of
/// calls is not supported.
pub fn standalone(recording: &Recording, engine: &Engine) -> Result<Vec<u8>, StandaloneError> {
    let program = engine.program(&recording.component)?;
    let results = recorded_results(&program, &recording.trace).map_err(StandaloneError::Trace)?;
    let (mut resolve, world) = decode(&recording.component)?;
    let replaying_host = ReplayingHost::new(&resolve, world, &results)?;
    let module = replaying_host.module();
    let imports = std::mem::take(&mut resolve.worlds[world].imports);
    let names: Vec<String> = imports.keys().map(|key| resolve.name_world_key(key)).collect();
    resolve.worlds[world].exports = imports;
    let main = Source { name: "replaying_host".into(), wasm: &module, wit: Some(Wit { resolve, world }) };
    let replaying_host = encode(&Input { main, adapters: Vec::new() }, &Options::default())?.component;
    let standalone = outer::compose(&replaying_host, &recording.component, &names)?;
    let valid = Validator::new_with_features(WasmFeatures::all()).validate_all(&standalone);
    valid.map_err(|error| StandaloneError::Invalid(error.to_string()))?;
    Ok(standalone)
}

fn decode(component: &[u8]) -> Result<(Resolve, WorldId), StandaloneError> {
    // The engine has compiled the component, so its types are consistent.
    match decoding::decode(component) {
        Ok(DecodedWasm::Component(resolve, world)) => Ok((resolve, world)),
        Ok(DecodedWasm::WitPackage(..)) => Err(StandaloneError::Types("a WIT package".into())),
        Err(error) => Err(StandaloneError::Types(format!("{error:#}"))),
    }
}
