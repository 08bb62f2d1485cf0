//! Replacement of single entries in the sections of a core module.

use wasm_encoder::{Encode as _, SectionId};
use wasmparser::BinaryReader;

use super::reduce::ReduceError;
use crate::format::{self, Part};

/// Returns the module with another body for the defined function with that index.
pub(super) fn with_body(module: &[u8], index: usize, body: &[u8]) -> Result<Vec<u8>, ReduceError> {
    let Some(code) = section(module, SectionId::Code)? else { return Ok(module.to_vec()) };
    let mut reader = BinaryReader::new(&module[code.content.clone()], 0);
    let count = reader.read_var_u32()?;
    let mut content = Vec::new();
    count.encode(&mut content);
    for at in 0..count as usize {
        let size = reader.read_var_u32()? as usize;
        let old = reader.read_bytes(size)?;
        if at == index { body } else { old }.encode(&mut content);
    }
    Ok(with_section(module, &code, &content))
}

/// Returns the section of a module, if present.
pub(super) fn section(module: &[u8], id: SectionId) -> Result<Option<Part>, ReduceError> {
    let parts = format::sections(module).map_err(|error| ReduceError(error.to_string()))?;
    Ok(parts.into_iter().find(|part| part.id == id as u8))
}

/// Returns the module with other content in a section.
pub(super) fn with_section(module: &[u8], part: &Part, content: &[u8]) -> Vec<u8> {
    let mut changed = module[..part.whole.start].to_vec();
    changed.push(part.id);
    content.encode(&mut changed);
    changed.extend_from_slice(&module[part.whole.end..]);
    changed
}
