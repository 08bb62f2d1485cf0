//! Renames duplicate imports of a module. In a component, each name of an import module can be provided only once.
//!
//! Old linkers and TinyGo generate such modules. Only the import section changes.

use std::ops::Range;

use foldhash::fast::RandomState;
use foldhash::{HashMap, HashSet};
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{Encode, ImportSection, Section};
use wasmparser::{BinaryReader, ImportSectionReader};

use crate::read::Import;

/// Sets a unique name for every repeated import. Returns true if there are any.
pub(crate) fn rename(imports: &mut [Import]) -> bool {
    let mut seen = HashSet::with_capacity_and_hasher(imports.len(), RandomState::default());
    if imports.iter().all(|import| seen.insert((import.module.as_str(), import.field.as_str()))) {
        return false;
    }
    let mut taken: HashSet<(String, String)> =
        imports.iter().map(|import| (import.module.clone(), import.field.clone())).collect();
    // Next number to try for each import name.
    let mut numbers: HashMap<(String, String), usize> = HashMap::default();
    for import in imports {
        let next = numbers.entry((import.module.clone(), import.field.clone())).or_insert(1);
        if *next == 1 {
            *next = 2;
            continue;
        }
        while import.unique.is_none() {
            let name = format!("{} ({next})", import.field);
            *next += 1;
            if taken.insert((import.module.clone(), name.clone())) {
                import.unique = Some(name);
            }
        }
    }
    true
}

/// Returns the range of the original import section, including its header, and the section with the new names.
/// `section` is the range of the contents of the original section.
pub(crate) fn rewrite(
    bytes: &[u8],
    section: Range<usize>,
    imports: &[Import],
) -> wasmparser::Result<(Range<usize>, Vec<u8>)> {
    let reader = ImportSectionReader::new(BinaryReader::new(&bytes[section.clone()], section.start as u64))?;
    let mut rewritten = ImportSection::new();
    for (import, named) in reader.into_imports().zip(imports) {
        let import = import?;
        let Ok(ty) = RoundtripReencoder.entity_type(import.ty) else { continue };
        rewritten.import(import.module, named.name(), ty);
    }
    // The header consists of the id (one byte) and the size, whose LEB128 encoding may be longer than necessary.
    let mut header = section.start - 1;
    while header > 0 && bytes[header - 1] & 0x80 != 0 {
        header -= 1;
    }
    let header = header.saturating_sub(1);
    let mut out = vec![rewritten.id()];
    rewritten.encode(&mut out);
    Ok((header..section.end, out))
}
