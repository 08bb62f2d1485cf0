//! Lenient parser of the `name` section, a debugging aid that may be malformed.

use std::collections::BTreeMap;

use wasmparser::{BinaryReader, CustomSectionReader, Name, NameMap, NameSectionReader};

/// Names that are kept.
#[derive(Default)]
pub(super) struct Names<'a> {
    /// Set if the section exists and its first entry can be parsed.
    pub present: bool,
    pub functions: BTreeMap<u32, &'a str>,
    pub locals: BTreeMap<u32, BTreeMap<u32, &'a str>>,
    pub globals: BTreeMap<u32, &'a str>,
}

impl<'a> Names<'a> {
    /// Reads names up to the first malformed entry.
    pub fn read(section: &CustomSectionReader<'a>) -> Names<'a> {
        let reader = BinaryReader::new(section.data(), section.data_offset());
        let mut names = Names::default();
        for name in NameSectionReader::new(reader) {
            let Ok(name) = name else { break };
            names.present = true;
            match name {
                Name::Function(map) => names.functions = entries(map),
                Name::Global(map) => names.globals = entries(map),
                Name::Local(functions) => {
                    for function in functions.into_iter().map_while(Result::ok) {
                        names.locals.insert(function.index, entries(function.names));
                    }
                }
                _ => {}
            }
        }
        names
    }
}

fn entries(map: NameMap<'_>) -> BTreeMap<u32, &str> {
    map.into_iter().map_while(Result::ok).map(|naming| (naming.index, naming.name)).collect()
}
