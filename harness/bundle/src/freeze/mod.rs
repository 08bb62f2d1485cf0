//! A bundle -> a component without imports, which plays the recorded host by itself: any runtime shows what it shows.
//!
//! The *player* is a component that exports what the recorded one imports. Each call must be of the function that was
//! called then, and gets what that one gave; another call traps, and so does one that ended the run by the host's doing.

mod layout;
mod outer;
mod player;

use polyfill_encoder::{Errors, Input, Options, Source, Wit, encode};
use polyfill_runner::{Engine, EngineError, recorded_results};
use thiserror::Error;
use wasmparser::{Validator, WasmFeatures};
use wit_parser::decoding::{self, DecodedWasm};
use wit_parser::{Resolve, WorldId};

use crate::format::Bundle;
use player::Player;

/// Why a bundle cannot be frozen.
#[derive(Debug, Error)]
pub enum FreezeError {
    /// The engine refuses the component, so that the types of its imports are not known.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The component's types make no sense.
    #[error("the component's types cannot be read: {0}")]
    Types(String),
    /// The trace does not fit the component.
    #[error("the trace does not fit the component: {0}")]
    Trace(String),
    /// A type whose values cannot be laid out beforehand.
    #[error("a value of `{function}`: {message}")]
    Value {
        /// The function.
        function: String,
        /// What is not supported.
        message: String,
    },
    /// More calls than a component can hold functions for.
    #[error(
        "the recorded run gives handles in more than {most} different calls, which no engine takes in one component"
    )]
    Large {
        /// The most.
        most: usize,
    },
    /// The player cannot be encoded.
    #[error("the player of the host cannot be encoded: {0}")]
    Encode(#[from] Errors),
    /// What came out is not valid: an export has a type that the component imports, for instance.
    #[error("the two cannot be put together: {0}")]
    Invalid(String),
}

/// The frozen component.
pub fn freeze(bundle: &Bundle, engine: &Engine) -> Result<Vec<u8>, FreezeError> {
    let program = engine.program(&bundle.component)?;
    let results = recorded_results(&program, &bundle.trace).map_err(FreezeError::Trace)?;
    let (mut resolve, world) = decode(&bundle.component)?;
    let player = Player::new(&resolve, world, &results)?;
    let module = player.module();
    let imports = std::mem::take(&mut resolve.worlds[world].imports);
    let names: Vec<String> = imports.keys().map(|key| resolve.name_world_key(key)).collect();
    resolve.worlds[world].exports = imports;
    let main = Source { name: "player".into(), wasm: &module, wit: Some(Wit { resolve, world }) };
    let player = encode(&Input { main, adapters: Vec::new() }, &Options::default())?.component;
    let frozen = outer::compose(&player, &bundle.component, &names)?;
    let valid = Validator::new_with_features(WasmFeatures::all()).validate_all(&frozen);
    valid.map_err(|error| FreezeError::Invalid(error.to_string()))?;
    Ok(frozen)
}

fn decode(component: &[u8]) -> Result<(Resolve, WorldId), FreezeError> {
    // The engine has compiled it: its types do not contradict themselves.
    match decoding::decode(component) {
        Ok(DecodedWasm::Component(resolve, world)) => Ok((resolve, world)),
        Ok(DecodedWasm::WitPackage(..)) => Err(FreezeError::Types("a WIT package".into())),
        Err(error) => Err(FreezeError::Types(format!("{error:#}"))),
    }
}
