//! Symbol table and relocations of code and data, which the linker leaves in the module (`--emit-relocs`).
//!
//! The format is specified in <https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md>.

use wasmparser::{BinaryReader, CustomSectionReader, KnownCustom, RelocationEntry, RelocationType, SymbolInfo};

/// Contents of the `linking` and `reloc.*` sections. Empty if the module has none.
#[derive(Default)]
pub(super) struct Linking<'a> {
    /// Symbol table.
    pub symbols: Vec<SymbolInfo<'a>>,
    /// Alignment of each data segment, as a power of two.
    pub alignments: Vec<u32>,
    /// Relocations of the code section, in the order of their positions.
    pub code: Vec<Relocation>,
    /// Relocations of the data section, in the order of their positions.
    pub data: Vec<Relocation>,
    /// Set if a `linking` section exists.
    pub present: bool,
    /// Set if relocations of the code section exist, or if a section is malformed.
    pub relocatable: bool,
    /// Set if a section exists that only position-independent modules have.
    pub dynamic: bool,
    /// Offset of the first malformed section, if any.
    pub unreadable: Option<u64>,
    code_section: Option<Place>,
    data_section: Option<Place>,
}

/// A relocation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Relocation {
    /// Offset in the module.
    pub position: u64,
    /// Relocation entry.
    pub entry: RelocationEntry,
}

#[derive(Clone, Copy)]
struct Place {
    section: u32,
    start: u64,
}

impl<'a> Linking<'a> {
    /// Records the index of the code section and the offset of its contents.
    pub fn code_section(&mut self, section: u32, start: u64) {
        self.code_section = Some(Place { section, start });
    }

    /// Returns the offset of the code section's contents, for a module that defines functions.
    pub fn code_start(&self) -> u64 {
        self.code_section.expect("a module with function bodies has a code section").start
    }

    /// Records the index of the data section and the offset of its contents.
    pub fn data_section(&mut self, section: u32, start: u64) {
        self.data_section = Some(Place { section, start });
    }

    /// Reads a custom section if it is one of the linker's. These follow the sections that they describe.
    ///
    /// # Errors
    ///
    /// Returns an error if the section is malformed.
    pub fn custom_section(&mut self, custom: &CustomSectionReader<'a>) -> wasmparser::Result<()> {
        // Other custom sections can contain anything, and are ignored.
        match custom.name() {
            "dylink.0" | "dylink" => self.dynamic = true,
            "linking" | "reloc.CODE" | "reloc.DATA" => self.known(custom.as_known())?,
            _ => {}
        }
        Ok(())
    }

    fn known(&mut self, custom: KnownCustom<'a>) -> wasmparser::Result<()> {
        match custom {
            KnownCustom::Linking(linking) => {
                self.present = true;
                for subsection in linking {
                    match subsection? {
                        wasmparser::Linking::SymbolTable(symbols) => {
                            self.symbols = symbols.into_iter().collect::<wasmparser::Result<_>>()?;
                        }
                        wasmparser::Linking::SegmentInfo(segments) => {
                            for segment in segments {
                                self.alignments.push(segment?.alignment);
                            }
                        }
                        _ => {}
                    }
                }
            }
            KnownCustom::Reloc(section) => {
                let number = Some(section.section_index());
                let (place, list) = if number == self.code_section.map(|p| p.section) {
                    self.relocatable = true;
                    (self.code_section, &mut self.code)
                } else {
                    (self.data_section, &mut self.data)
                };
                let Some(place) = place.filter(|p| Some(p.section) == number) else {
                    return Ok(());
                };
                for entry in section.entries() {
                    let entry = entry?;
                    let position = place.start + u64::from(entry.offset);
                    list.push(Relocation { position, entry });
                }
                list.sort_by_key(|relocation| relocation.position);
            }
            _ => {}
        }
        Ok(())
    }

    /// Records the offset of a malformed section. Linkers emit valid sections, so a tool has changed the module.
    pub fn unreadable(&mut self, offset: u64) {
        self.relocatable = true;
        self.unreadable.get_or_insert(offset);
    }

    /// Finds the first relocation whose index differs from the one in the code. Returns its offset and a description.
    ///
    /// A linker writes both from one number, in live and in dead code. After a tool changed the code, most of them
    /// differ.
    pub fn stale(&self, wasm: &[u8]) -> Option<(u64, &'static str)> {
        if let Some(offset) = self.unreadable {
            return Some((offset, "a malformed `linking` or `reloc.` section"));
        }
        self.code.iter().find_map(|Relocation { position, entry }| {
            let symbol = self.symbols.get(entry.index as usize);
            let expected = match (entry.ty, symbol) {
                (RelocationType::TypeIndexLeb, _) => Some(entry.index),
                (RelocationType::FunctionIndexLeb, Some(SymbolInfo::Func { index, .. }))
                | (RelocationType::GlobalIndexLeb, Some(SymbolInfo::Global { index, .. }))
                | (RelocationType::EventIndexLeb, Some(SymbolInfo::Event { index, .. })) => Some(*index),
                (RelocationType::FunctionIndexLeb | RelocationType::EventIndexLeb, _) => None,
                // A global that holds the address of another symbol, and all relocations that are not indices.
                _ => return None,
            };
            let bytes = wasm.get(*position as usize..).unwrap_or_default();
            let found = BinaryReader::new(bytes, *position).read_var_u32().ok();
            (found.is_none() || found != expected).then_some((*position, "an index that differs from its symbol's"))
        })
    }

    /// Discards symbols and relocations. They are unreliable if a tool has changed the module after linking.
    pub fn forget(&mut self) {
        let Linking { dynamic, code_section, data_section, .. } = *self;
        *self = Linking { dynamic, code_section, data_section, ..Linking::default() };
    }

    /// Returns the relocations of code, starting at an offset in the module.
    pub fn code_from(&self, start: u64) -> Cursor<'_> {
        let from = self.code.partition_point(|relocation| relocation.position < start);
        Cursor { rest: &self.code[from..] }
    }

    /// Returns the relocations of data in a range of offsets in the module.
    pub fn data_within(&self, range: std::ops::Range<u64>) -> &[Relocation] {
        within(&self.data, range)
    }
}

fn within(list: &[Relocation], range: std::ops::Range<u64>) -> &[Relocation] {
    let from = list.partition_point(|relocation| relocation.position < range.start);
    let to = list.partition_point(|relocation| relocation.position < range.end);
    &list[from..to]
}

/// Iterates over relocations in parallel to code.
pub(super) struct Cursor<'l> {
    rest: &'l [Relocation],
}

impl<'l> Cursor<'l> {
    /// Returns true if the next relocation is before an offset in the module.
    pub fn next_before(&self, end: u64) -> bool {
        self.rest.first().is_some_and(|relocation| relocation.position < end)
    }

    /// Consumes and returns the relocations before an offset in the module.
    pub fn until(&mut self, end: u64) -> &'l [Relocation] {
        let count = self.rest.iter().take_while(|relocation| relocation.position < end).count();
        let (next, rest) = self.rest.split_at(count);
        self.rest = rest;
        next
    }
}
