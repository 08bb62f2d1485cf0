//! `watch`: a finished component whose adapters tell of each write to certain bytes of main's memory, before it happens.
//!
//! The adapters must have been given as ones that report ([`Adapter::reports`](crate::Adapter::reports)): then they have
//! all that it takes but the instructions that look, and a component stays as it is but for their bodies.

use std::ops::Range;

use thiserror::Error;
use wasm_encoder::{ComponentSectionId, Encode};
use wasmparser::BinaryReader;

use crate::trim;

/// How deep a component may be in others. Those that are made here are one deep, with a provider around them.
const DEEPEST: u32 = 16;

/// Why a component cannot be watched.
#[derive(Clone, Debug, Error)]
#[error("the component cannot be watched: {0}")]
pub struct WatchError(String);

/// The component with adapters that call `writes` of the interface [`CALLS`](crate::CALLS) before each write to one of
/// these ranges of main's memory. Byte for byte the same where no adapter can.
pub fn watch(component: &[u8], ranges: &[Range<u32>]) -> Result<Vec<u8>, WatchError> {
    within(component, ranges, 0)
}

fn within(component: &[u8], ranges: &[Range<u32>], depth: u32) -> Result<Vec<u8>, WatchError> {
    let failed = |error: wasmparser::Error| WatchError(error.to_string());
    let mut reader = BinaryReader::new(component, 0);
    let mut out = reader.read_bytes(HEADER).map_err(failed)?.to_vec();
    while !reader.eof() {
        let id = reader.read_u8().map_err(failed)?;
        let size = reader.read_var_u32().map_err(failed)?;
        let section = reader.read_bytes(size as usize).map_err(failed)?;
        let new = if id == u8::from(ComponentSectionId::CoreModule) {
            trim::watch(section, ranges).map_err(|problem| WatchError(problem.to_string()))?
        } else if id == u8::from(ComponentSectionId::Component) && depth < DEEPEST {
            Some(within(section, ranges, depth + 1)?)
        } else {
            None
        };
        out.push(id);
        new.as_deref().unwrap_or(section).encode(&mut out);
    }
    Ok(out)
}

/// The bytes before the first section.
const HEADER: usize = 8;
