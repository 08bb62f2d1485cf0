//! Removes parts of inputs and worlds, to test if they are the only difference.

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{ExportSection, Module, RawSection};
use wasmparser::{Parser, Payload};

use crate::inputs;

/// Removes the exports for which `drop` returns true from a core module. Other bytes are returned unchanged.
pub fn without_exports(wasm: &[u8], drop: impl Fn(&str) -> bool) -> Vec<u8> {
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let Ok(payload) = payload else { return wasm.to_vec() };
        if let Payload::ExportSection(section) = payload {
            let mut exports = ExportSection::new();
            for export in section.into_iter().flatten().filter(|export| !drop(export.name)) {
                let Ok(kind) = RoundtripReencoder.export_kind(export.kind) else { continue };
                exports.export(export.name, kind, export.index);
            }
            module.section(&exports);
        } else if let Some((id, range)) = payload.as_section() {
            module.section(&RawSection { id, data: &wasm[range.start as usize..range.end as usize] });
        }
    }
    module.finish()
}

/// Sorts the exports of a printed world by name.
pub fn sorted_exports(wit: &str) -> Option<String> {
    let (mut resolve, world) = inputs::resolve(wit, "root").ok()?;
    let mut exports: Vec<_> = std::mem::take(&mut resolve.worlds[world].exports).into_iter().collect();
    exports.sort_by_key(|(key, _)| resolve.name_world_key(key));
    resolve.worlds[world].exports = exports.into_iter().collect();
    inputs::print(&resolve, world).ok()
}
