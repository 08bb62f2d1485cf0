//! What the linker left behind: its symbol table, and the relocations of code and data (`--emit-relocs`).

use wasmparser::{BinaryReader, CustomSectionReader, KnownCustom, RelocationEntry, RelocationType, SymbolInfo};

/// The `linking` and `reloc.*` sections. Empty if there are none.
#[derive(Default)]
pub(super) struct Linking<'a> {
    /// The symbol table.
    pub symbols: Vec<SymbolInfo<'a>>,
    /// Alignment of each data segment, as a power of two.
    pub alignments: Vec<u32>,
    /// The relocations of the code section, by position.
    pub code: Vec<Relocation>,
    /// The relocations of the data section, by position.
    pub data: Vec<Relocation>,
    /// There is a `linking` section.
    pub present: bool,
    /// There are relocations for the code section.
    pub relocatable: bool,
    /// A section that only position-independent modules have.
    pub dynamic: bool,
    /// Where a section is that cannot be read, if there is one.
    pub unreadable: Option<u64>,
    code_section: Option<Place>,
    data_section: Option<Place>,
}

/// One relocation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Relocation {
    /// Where, as an offset in the module.
    pub position: u64,
    /// What is to be done.
    pub entry: RelocationEntry,
}

#[derive(Clone, Copy)]
struct Place {
    section: u32,
    start: u64,
}

impl<'a> Linking<'a> {
    /// Notes the code section, by its number and the place of its contents.
    pub fn code_section(&mut self, section: u32, start: u64) {
        self.code_section = Some(Place { section, start });
    }

    /// Where the contents of the code section start.
    pub fn code_start(&self) -> u64 {
        self.code_section.map_or(0, |place| place.start)
    }

    /// Notes the data section.
    pub fn data_section(&mut self, section: u32, start: u64) {
        self.data_section = Some(Place { section, start });
    }

    /// Takes a custom section, if it is one of the linker's. They come after the sections that they describe.
    pub fn custom_section(&mut self, custom: &CustomSectionReader<'a>) -> wasmparser::Result<()> {
        // Only these: other custom sections may contain anything.
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

    /// Notes that a section at an offset of the module cannot be read. A linker does not write such: a tool changed it.
    pub fn unreadable(&mut self, offset: u64) {
        self.relocatable = true;
        self.unreadable.get_or_insert(offset);
    }

    /// The first relocation of an index that is not the index in the code, if there is one: where it is, and why.
    ///
    /// A linker writes both from one number, in live code and in dead. Where a tool changed the code, hardly any is right.
    pub fn stale(&self, wasm: &[u8]) -> Option<(u64, &'static str)> {
        if let Some(offset) = self.unreadable {
            return Some((offset, "a `linking` or `reloc.` section that cannot be read"));
        }
        self.code.iter().find_map(|Relocation { position, entry }| {
            let symbol = self.symbols.get(entry.index as usize);
            let expected = match (entry.ty, symbol) {
                (RelocationType::TypeIndexLeb, _) => Some(entry.index),
                (RelocationType::FunctionIndexLeb, Some(SymbolInfo::Func { index, .. }))
                | (RelocationType::GlobalIndexLeb, Some(SymbolInfo::Global { index, .. }))
                | (RelocationType::EventIndexLeb, Some(SymbolInfo::Event { index, .. })) => Some(*index),
                (RelocationType::FunctionIndexLeb | RelocationType::EventIndexLeb, _) => None,
                // A global that stands for the address of something, and all that is no index.
                _ => return None,
            };
            let bytes = wasm.get(*position as usize..).unwrap_or_default();
            let found = BinaryReader::new(bytes, *position).read_var_u32().ok();
            (found.is_none() || found != expected).then_some((*position, "an index that is not the symbol's"))
        })
    }

    /// Forgets what the linker said: a tool changed the module after linking, and nothing can be relied on.
    pub fn forget(&mut self) {
        let Linking { dynamic, code_section, data_section, .. } = *self;
        *self = Linking { dynamic, code_section, data_section, ..Linking::default() };
    }

    /// The relocations of code from an offset of the module on.
    pub fn code_from(&self, start: u64) -> Cursor<'_> {
        let from = self.code.partition_point(|relocation| relocation.position < start);
        Cursor { rest: self.code.get(from..).unwrap_or_default() }
    }

    /// The relocations of data between two offsets of the module.
    pub fn data_within(&self, range: std::ops::Range<u64>) -> &[Relocation] {
        within(&self.data, range)
    }
}

fn within(list: &[Relocation], range: std::ops::Range<u64>) -> &[Relocation] {
    let from = list.partition_point(|relocation| relocation.position < range.start);
    let to = list.partition_point(|relocation| relocation.position < range.end);
    list.get(from..to).unwrap_or_default()
}

/// Walks over relocations as over code.
pub(super) struct Cursor<'l> {
    rest: &'l [Relocation],
}

impl<'l> Cursor<'l> {
    /// Whether there is one before an offset of the module.
    pub fn next_before(&self, end: u64) -> bool {
        self.rest.first().is_some_and(|relocation| relocation.position < end)
    }

    /// The next relocations, up to an offset of the module.
    pub fn until(&mut self, end: u64) -> &'l [Relocation] {
        let count = self.rest.iter().take_while(|relocation| relocation.position < end).count();
        let (next, rest) = self.rest.split_at(count);
        self.rest = rest;
        next
    }
}
