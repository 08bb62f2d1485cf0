//! Main's place in a component.

use std::ops::Range;

use thiserror::Error;
use wasm_encoder::Encode as _;
use wasmparser::{Parser, Payload};

use crate::format::Bundle;

/// There is no core module in the component.
#[derive(Debug, Error)]
#[error("the component holds no core module: {0}")]
pub struct NoMain(String);

/// Where main is.
pub(super) struct Place {
    /// The section, its header included.
    section: Range<usize>,
    /// The module in it.
    module: Range<usize>,
    /// It stands there as it was when it was compiled.
    is_main: bool,
}

impl Place {
    /// The module that is main, byte for byte; where there is none, since the encoder had to change something in it, the
    /// largest one.
    pub(super) fn of(bundle: &Bundle) -> Result<Self, NoMain> {
        let mut modules: Vec<Range<usize>> = Vec::new();
        let mut depth = 0;
        for payload in Parser::new(0).parse_all(&bundle.component) {
            match payload.map_err(|error| NoMain(error.to_string()))? {
                Payload::ModuleSection { unchecked_range, .. } => {
                    if depth == 0 {
                        modules.push(unchecked_range.start as usize..unchecked_range.end as usize);
                    }
                    depth += 1;
                }
                Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth -= 1,
                _ => {}
            }
        }
        let bytes = |range: &Range<usize>| bundle.component.get(range.clone());
        let exact = modules.iter().find(|range| bytes(range) == bundle.main.as_deref());
        let module = exact.or_else(|| modules.iter().max_by_key(|range| range.len()));
        let module = module.filter(|range| bytes(range).is_some()).ok_or_else(|| NoMain("nothing to shrink".into()))?;
        // The section's id, and its size in LEB128.
        let mut size = Vec::new();
        module.len().encode(&mut size);
        let written = header(&bundle.component, module).ok_or_else(|| NoMain("a section without a size".into()))?;
        Ok(Self { section: module.start - written..module.end, module: module.clone(), is_main: exact.is_some() })
    }

    pub(super) fn main<'a>(&self, bundle: &'a Bundle) -> &'a [u8] {
        &bundle.component[self.module.clone()]
    }

    /// The bundle with another main, which imports and exports the same.
    pub(super) fn with(&self, bundle: &Bundle, main: &[u8]) -> Bundle {
        let mut component = bundle.component[..self.section.start].to_vec();
        component.push(wasm_encoder::ComponentSectionId::CoreModule as u8);
        main.encode(&mut component);
        component.extend_from_slice(&bundle.component[self.section.end..]);
        let main = if self.is_main { Some(main.to_vec()) } else { bundle.main.clone() };
        Bundle { component, main, ..bundle.clone() }
    }
}

/// Bytes of the header in front of a module: its size may be written with more bytes than it needs.
fn header(component: &[u8], module: &Range<usize>) -> Option<usize> {
    (2..=6).find(|length| {
        let Some(header) = module.start.checked_sub(*length).and_then(|start| component.get(start..module.start))
        else {
            return false;
        };
        let ends = header[1..].iter().enumerate().all(|(at, byte)| (byte & 0x80 != 0) == (at + 2 < *length));
        let size = header[1..].iter().rev().fold(0_u64, |size, byte| size << 7 | u64::from(byte & 0x7f));
        header[0] == wasm_encoder::ComponentSectionId::CoreModule as u8 && ends && size == module.len() as u64
    })
}
