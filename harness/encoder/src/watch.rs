//! `watch`: instruments the adapters of a finished component to report writes to given bytes of main's memory.
//!
//! The adapters must have been encoded with reports enabled ([`Adapter::reports`](crate::Adapter::reports)). They then
//! already import the reporting functions, so only their function bodies change.

use std::ops::Range;

use thiserror::Error;
use wasm_encoder::{ComponentSectionId, Encode};
use wasmparser::BinaryReader;

use crate::trim;

/// Maximum nesting depth of components. Components of this crate have a depth of 1, or 2 when they are composed with a
/// provider.
const DEEPEST: u32 = 16;

/// The component cannot be instrumented.
#[derive(Clone, Debug, Error)]
#[error("cannot instrument the component: {0}")]
pub struct WatchError(String);

/// Instruments a component to call `writes` of the interface [`CALLS`](crate::CALLS) before an adapter writes to one of
/// `ranges`, which are byte addresses in main's memory.
///
/// The component is returned unchanged if none of its adapters was encoded with reports enabled.
///
/// # Errors
///
/// Returns an error if the component cannot be parsed or an adapter cannot be instrumented.
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

/// Size of the header before the first section, in bytes.
const HEADER: usize = 8;
