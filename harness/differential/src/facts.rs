//! Facts about core modules that the classes of known differences depend on.

use wasmparser::{ExternalKind, KnownCustom, Name, Parser, Payload, TypeRef};

/// Facts about a core module.
#[derive(Debug, Default)]
pub struct Facts {
    /// Imports: module, field, and true for a function.
    pub imports: Vec<(String, String, bool)>,
    /// Names of exports.
    pub exports: Vec<String>,
    /// Set when it imports a memory.
    pub imports_memory: bool,
    /// Set when it exports a memory.
    pub exports_memory: bool,
    /// Set when it has a section that the reference rejects in adapters: start, elements, data, data count, tables,
    /// tags.
    pub unusual_sections: bool,
    /// Names of globals.
    pub globals: Vec<String>,
}

impl Facts {
    /// Reads the facts. Malformed parts are ignored.
    pub fn read(wasm: &[u8]) -> Facts {
        let mut facts = Facts::default();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload {
                Ok(Payload::ImportSection(section)) => {
                    for import in section.into_imports().flatten() {
                        facts.imports_memory |= matches!(import.ty, TypeRef::Memory(_));
                        let function = matches!(import.ty, TypeRef::Func(_));
                        facts.imports.push((import.module.to_string(), import.name.to_string(), function));
                    }
                }
                Ok(Payload::ExportSection(section)) => {
                    for export in section.into_iter().flatten() {
                        facts.exports_memory |= export.kind == ExternalKind::Memory;
                        facts.exports.push(export.name.to_string());
                    }
                }
                Ok(
                    Payload::StartSection { .. }
                    | Payload::ElementSection(_)
                    | Payload::DataSection(_)
                    | Payload::DataCountSection { .. }
                    | Payload::TableSection(_)
                    | Payload::TagSection(_),
                ) => facts.unusual_sections = true,
                Ok(Payload::CustomSection(section)) => {
                    let KnownCustom::Name(names) = section.as_known() else { continue };
                    for name in names.flatten() {
                        if let Name::Global(map) = name {
                            facts.globals.extend(map.into_iter().flatten().map(|naming| naming.name.to_string()));
                        }
                    }
                }
                Err(_) => break,
                _ => {}
            }
        }
        facts
    }

    /// Returns true if the module imports an item of that import module.
    pub fn imports_from(&self, module: &str) -> bool {
        self.imports.iter().any(|(other, _, _)| other == module)
    }

    /// Returns true if it imports two items of the same name.
    pub fn imports_twice(&self) -> bool {
        let name = |number: usize| (&self.imports[number].0, &self.imports[number].1);
        (1..self.imports.len()).any(|number| (0..number).any(|other| name(other) == name(number)))
    }

    /// Returns true if a global has that name.
    pub fn has_global(&self, name: &str) -> bool {
        self.globals.iter().any(|global| global == name)
    }
}
