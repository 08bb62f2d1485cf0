//! `hoist`: changes the definition of main's memory into an import, so that the memory can exist before main.
//!
//! In a module with one memory, the imported memory has the same index as the defined one. No other section changes, so
//! code and offsets in code stay valid. The memory section remains, but empty, because relocations and symbols refer to
//! sections by index.

use std::ops::Range;

use wasm_encoder::{Encode, SectionId};
use wasmparser::BinaryReader;

use crate::names::SHARED_MEMORY;

/// Returns the module with its memory as an import. Returns `None` if it does not define exactly one memory.
pub(crate) fn hoist(bytes: &[u8]) -> wasmparser::Result<Option<Vec<u8>>> {
    let sections = sections(bytes)?;
    let Some(memory) = sections.iter().find(|section| section.id == SectionId::Memory as u8) else { return Ok(None) };
    let (count, ty) = counted(bytes, memory)?;
    if count != 1 {
        return Ok(None);
    }
    let mut out = Vec::with_capacity(bytes.len() + 16);
    out.extend_from_slice(&bytes[..HEADER]);
    let mut imported = sections.iter().any(|section| section.id == SectionId::Import as u8);
    for section in &sections {
        let is = |id: SectionId| section.id == id as u8;
        // The import section comes after the type section and before all other sections.
        if !imported && !is(SectionId::Custom) && !is(SectionId::Type) {
            imports(0, &[], ty, &mut out);
            imported = true;
        }
        if is(SectionId::Import) {
            let (count, entries) = counted(bytes, section)?;
            imports(count, entries, ty, &mut out);
        } else if is(SectionId::Memory) {
            out.push(SectionId::Memory as u8);
            [0].encode(&mut out);
        } else {
            out.extend_from_slice(&bytes[section.whole.clone()]);
        }
    }
    Ok(Some(out))
}

/// Size of the header before the first section, in bytes.
pub(crate) const HEADER: usize = 8;

/// A section of a module.
pub(crate) struct Section {
    pub id: u8,
    /// Range including the section id and size.
    pub whole: Range<usize>,
    pub contents: Range<usize>,
}

/// Returns the ranges of all sections.
pub(crate) fn sections(bytes: &[u8]) -> wasmparser::Result<Vec<Section>> {
    let mut reader = BinaryReader::new(bytes, 0);
    reader.read_bytes(HEADER)?;
    let mut sections = Vec::new();
    while !reader.eof() {
        let start = reader.original_position() as usize;
        let id = reader.read_u8()?;
        let size = reader.read_var_u32()? as usize;
        let contents = reader.original_position() as usize;
        reader.read_bytes(size)?;
        sections.push(Section { id, whole: start..contents + size, contents: contents..contents + size });
    }
    Ok(sections)
}

/// Reads the item count at the start of a section. Returns it with the rest of the section.
pub(crate) fn counted<'b>(bytes: &'b [u8], section: &Section) -> wasmparser::Result<(u32, &'b [u8])> {
    let mut reader = BinaryReader::new(&bytes[section.contents.clone()], section.contents.start as u64);
    let count = reader.read_var_u32()?;
    let rest = section.contents.start + reader.current_position();
    Ok((count, &bytes[rest..section.contents.end]))
}

/// Writes an import section with one additional entry for a memory.
fn imports(count: u32, entries: &[u8], memory: &[u8], out: &mut Vec<u8>) {
    let (module, field) = SHARED_MEMORY;
    let mut contents = Vec::with_capacity(entries.len() + 32);
    (count + 1).encode(&mut contents);
    contents.extend_from_slice(entries);
    module.encode(&mut contents);
    field.encode(&mut contents);
    contents.push(MEMORY);
    contents.extend_from_slice(memory);
    out.push(SectionId::Import as u8);
    contents.encode(out);
}

/// Import kind of a memory.
const MEMORY: u8 = 2;

#[cfg(test)]
mod tests {
    use super::hoist;

    /// Name, input, and expected output, or `None` if the module does not define exactly one memory.
    const CASES: &[(&str, &str, Option<&str>)] = &[
        (
            "after other imports",
            r#"(module (import "a" "f" (func)) (memory (export "memory") 2 9) (start 0) (data (i32.const 1) "x"))"#,
            Some(
                r#"(module (import "a" "f" (func)) (import "env" "memory" (memory 2 9)) (export "memory" (memory 0))
                    (start 0) (data (i32.const 1) "x"))"#,
            ),
        ),
        (
            "a new import section",
            r#"(module (type (func)) (func (type 0)) (memory 1) (start 0))"#,
            Some(r#"(module (type (func)) (import "env" "memory" (memory 1)) (func (type 0)) (start 0))"#),
        ),
        (
            "a memory with 64-bit addresses",
            "(module (memory i64 1))",
            Some(r#"(module (import "env" "memory" (memory i64 1)))"#),
        ),
        ("two memories", "(module (memory 1) (memory 2))", None),
        ("no memory", "(module (func))", None),
    ];

    #[test]
    fn a_definition_becomes_an_import() {
        let print = |wasm: &[u8]| wasmprinter::print_bytes(wasm).expect("a module");
        for (what, before, after) in CASES {
            let found = hoist(&wat::parse_str(before).expect("a module")).expect("well formed");
            if let Some(found) = &found {
                wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all())
                    .validate_all(found)
                    .unwrap_or_else(|error| panic!("{what}: {error}"));
            }
            let after = after.map(|text| print(&wat::parse_str(text).expect("a module")));
            assert_eq!(found.as_deref().map(print), after, "{what}");
        }
    }

    #[test]
    fn malformed_modules_do_not_panic() {
        let good = wat::parse_str(r#"(module (import "a" "f" (func)) (memory 1) (start 0))"#).expect("a module");
        for length in 0..good.len() {
            let _ = hoist(&good[..length]);
        }
        for at in 0..good.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut bad = good.clone();
                bad[at] = value;
                let _ = hoist(&bad);
            }
        }
    }
}
