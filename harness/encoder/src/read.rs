//! `read`: reads the properties of a core module in one pass over its sections.
//!
//! Function bodies are skipped: later stages need only the other sections. `component-type` sections are recorded so
//! that the module can be embedded without them.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, DerefMut, Range};
use std::sync::{Arc, OnceLock};

use foldhash::HashMap;
use wasmparser::{
    Chunk, CompositeInnerType, Encoding, ExternalKind, FuncType, GlobalType, HeapType, MemoryType, Parser, Payload,
    TableType, TagType, TypeRef, ValType,
};

use crate::dedupe;
use crate::error::Error;
use crate::input::{Form, ShadowStack, Wit};
use crate::world::Decoded;

/// A core module with the properties that the encoder needs.
#[derive(Clone, Debug)]
pub(crate) struct Module<'a> {
    /// Name for messages and for the name section.
    pub name: String,
    /// The whole module in binary form.
    pub bytes: Cow<'a, [u8]>,
    /// All imports, in order.
    pub imports: Vec<Import>,
    /// All exports, in order.
    pub exports: Exports,
    /// Ranges of the contents of all custom sections whose names start with `component-type`, in order.
    pub metadata: Vec<Range<usize>>,
    /// Ranges of `bytes` that form the module without its `component-type` sections.
    pub kept: Vec<Range<usize>>,
    /// Range of the import section's contents.
    pub import_section: Option<Range<usize>>,
    /// Range of the whole import section and its replacement, if an import was renamed.
    pub renamed: Option<(Range<usize>, Vec<u8>)>,
    /// True if the module is a shared library.
    pub is_library: bool,
    /// True if the module has a start section.
    pub has_start: bool,
    /// Memories that the module defines.
    pub memories: Vec<MemoryType>,
    /// WIT provided in the input.
    pub wit: Option<Cow<'a, Wit>>,
    /// Decoded `component-type` sections, if they have been decoded already.
    pub decoded: Option<Arc<Vec<Decoded>>>,
    /// Properties of an adapter. The default for main.
    pub layer: Layer,
}

/// Properties of an adapter.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layer {
    /// Names and patterns of the import modules that it implements.
    pub implements: Vec<String>,
    /// Memory that it works in.
    pub form: Form,
    /// Options of the shadow stack.
    pub stack: ShadowStack,
    /// True for an interposition adapter that forwards main's calls: its imports are lowered with main's memory and
    /// realloc.
    pub transparent: bool,
    /// True if the adapter reports to the host through the interface [`REPORTS`](crate::names::REPORTS).
    pub reports: bool,
    /// True if it is one of several modules that were generated for one adapter.
    pub generated: bool,
}

/// An import.
#[derive(Clone, Debug)]
pub(crate) struct Import {
    /// Module name.
    pub module: String,
    /// Field name.
    pub field: String,
    /// New field name, if the module imports the same name twice.
    pub unique: Option<String>,
    /// Type of the imported item.
    pub ty: Extern,
    /// Offset of the import in the module, in bytes.
    pub offset: usize,
}

impl Import {
    /// Returns the field name in the embedded module.
    pub fn name(&self) -> &str {
        self.unique.as_deref().unwrap_or(&self.field)
    }
}

/// An export.
#[derive(Clone, Debug)]
pub(crate) struct Export {
    /// Name of the export.
    pub name: String,
    /// Type of the exported item.
    pub ty: Extern,
    /// Offset of the export in the module, in bytes.
    pub offset: usize,
}

/// Exports of a module, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exports {
    list: Vec<Export>,
    /// Index of each name in the list. Built at the first lookup in a long list.
    places: OnceLock<Arc<HashMap<String, usize>>>,
}

impl Exports {
    /// Maximum length of a list that is searched linearly.
    const SHORT: usize = 64;

    /// Finds an export by name.
    pub fn get(&self, name: &str) -> Option<&Export> {
        if self.list.len() <= Exports::SHORT {
            return self.list.iter().find(|export| export.name == name);
        }
        let all = || self.list.iter().enumerate().rev().map(|(place, export)| (export.name.clone(), place));
        let places = self.places.get_or_init(|| Arc::new(all().collect()));
        self.list.get(*places.get(name)?)
    }
}

impl Deref for Exports {
    type Target = Vec<Export>;

    fn deref(&self) -> &Vec<Export> {
        &self.list
    }
}

impl DerefMut for Exports {
    fn deref_mut(&mut self) -> &mut Vec<Export> {
        self.places.take();
        &mut self.list
    }
}

/// Type of an import or export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Extern {
    /// A function. `None` if its type is not a function type that can be used outside the module.
    Func(Option<FuncType>),
    /// A memory.
    Memory(MemoryType),
    /// A table.
    Table(TableType),
    /// A global.
    Global(GlobalType),
    /// A tag.
    Tag(TagType),
}

impl Extern {
    /// Returns the kind as a WAT keyword.
    pub fn kind(&self) -> &'static str {
        match self {
            Extern::Func(_) => "func",
            Extern::Memory(_) => "memory",
            Extern::Table(_) => "table",
            Extern::Global(_) => "global",
            Extern::Tag(_) => "tag",
        }
    }

    /// Returns true if the type does not refer to types defined in the module, and therefore has the same meaning in
    /// every module.
    pub fn is_plain(&self) -> bool {
        let is_plain = |ty: &ValType| match ty {
            ValType::Ref(ty) => matches!(ty.heap_type(), HeapType::Abstract { .. }),
            _ => true,
        };
        match self {
            Extern::Func(ty) => ty.as_ref().is_some_and(|ty| ty.params().iter().chain(ty.results()).all(is_plain)),
            Extern::Memory(_) => true,
            Extern::Table(ty) => is_plain(&ValType::Ref(ty.element_type)),
            Extern::Global(ty) => is_plain(&ty.content_type),
            Extern::Tag(_) => false,
        }
    }
}

impl Hash for Extern {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.kind().hash(state);
        match self {
            Extern::Func(ty) => ty.hash(state),
            Extern::Memory(ty) => ty.hash(state),
            Extern::Table(ty) => ty.hash(state),
            Extern::Global(ty) => ty.hash(state),
            Extern::Tag(_) => {}
        }
    }
}

/// Reads a module.
///
/// # Errors
///
/// Returns [`Error::Malformed`] if the module cannot be parsed, and [`Error::NotAModule`] if it is a component.
pub(crate) fn read<'a>(name: &str, bytes: impl Into<Cow<'a, [u8]>>) -> Result<Module<'a>, Error> {
    let bytes = bytes.into();
    let mut module = Module::empty(name);
    let malformed = |error: wasmparser::BinaryReaderError| Error::Malformed {
        module: name.to_string(),
        offset: error.offset(),
        message: error.message().to_string(),
    };
    scan(&mut module, &bytes).map_err(malformed)??;
    module.bytes = bytes;
    if dedupe::rename(&mut module.imports)
        && let Some(section) = module.import_section.clone()
    {
        module.renamed = Some(dedupe::rewrite(&module.bytes, section, &module.imports).map_err(malformed)?);
    }
    Ok(module)
}

impl<'a> Module<'a> {
    /// Creates a module of this name without contents.
    pub fn empty(name: &str) -> Module<'a> {
        Module {
            name: name.to_string(),
            bytes: Cow::Borrowed(&[]),
            imports: Vec::new(),
            exports: Exports::default(),
            metadata: Vec::new(),
            kept: Vec::new(),
            import_section: None,
            renamed: None,
            is_library: false,
            has_start: false,
            memories: Vec::new(),
            wit: None,
            decoded: None,
            layer: Layer::default(),
        }
    }

    /// Finds an export by name.
    pub fn export(&self, name: &str) -> Option<&Export> {
        self.exports.get(name)
    }

    /// Returns true if a function of this name is exported, with any type.
    pub fn exports_function(&self, name: &str) -> bool {
        matches!(self.export(name).map(|export| &export.ty), Some(Extern::Func(_)))
    }

    /// Returns the type of an exported function.
    pub fn export_func(&self, name: &str) -> Option<&FuncType> {
        match &self.export(name)?.ty {
            Extern::Func(ty) => ty.as_ref(),
            _ => None,
        }
    }

    /// Returns the module with its imports renamed, if necessary.
    pub fn whole(&self) -> Cow<'_, [u8]> {
        self.pieces(std::slice::from_ref(&(0..self.bytes.len())))
    }

    /// Returns the module with its imports renamed, without its `component-type` sections.
    pub fn without_metadata(&self) -> Cow<'_, [u8]> {
        self.pieces(&self.kept)
    }

    fn pieces(&self, ranges: &[Range<usize>]) -> Cow<'_, [u8]> {
        match ranges {
            [range] if self.renamed.is_none() => Cow::Borrowed(&self.bytes[range.clone()]),
            _ => {
                let mut out = Vec::with_capacity(self.bytes.len() + 64);
                self.write(ranges, &mut out);
                Cow::Owned(out)
            }
        }
    }

    /// Returns the size in bytes of the module without its `component-type` sections.
    pub fn size_without_metadata(&self) -> usize {
        let kept: usize = self.kept.iter().map(|range| range.len()).sum();
        self.renamed.as_ref().map_or(kept, |(old, new)| kept - old.len() + new.len())
    }

    /// Appends the module without its `component-type` sections.
    pub fn write_without_metadata(&self, out: &mut Vec<u8>) {
        self.write(&self.kept, out);
    }

    fn write(&self, ranges: &[Range<usize>], out: &mut Vec<u8>) {
        for range in ranges {
            match &self.renamed {
                // Sections are kept or dropped as a whole.
                Some((old, new)) if range.contains(&old.start) => {
                    out.extend_from_slice(&self.bytes[range.start..old.start]);
                    out.extend_from_slice(new);
                    out.extend_from_slice(&self.bytes[old.end..range.end]);
                }
                _ => out.extend_from_slice(&self.bytes[range.clone()]),
            }
        }
    }
}

/// Reads all sections. The outer error is a parse error; the inner one is an error of this crate.
fn scan(module: &mut Module<'_>, bytes: &[u8]) -> wasmparser::Result<Result<(), Error>> {
    let mut types: Vec<Option<FuncType>> = Vec::new();
    let mut spaces = Spaces::default();
    let mut end_of_last = 0;
    let mut keep_from = 0;
    let mut parser = Parser::new(0);
    let mut rest = bytes;

    // `eof = true` is passed, so the parser never returns `NeedMoreData`.
    while let Chunk::Parsed { consumed, payload } = parser.parse(rest, true)? {
        rest = &rest[consumed..];
        let section_end = match payload.as_section() {
            Some((_, range)) => range.end as usize,
            None => end_of_last,
        };
        match payload {
            Payload::Version { encoding: Encoding::Component, .. } => {
                return Ok(Err(Error::NotAModule { module: module.name.clone() }));
            }
            Payload::Version { range, .. } => {
                end_of_last = range.end as usize;
                continue;
            }
            Payload::TypeSection(section) => {
                for group in section {
                    for ty in group?.into_types() {
                        types.push(match ty.composite_type.inner {
                            CompositeInnerType::Func(ty) => Some(ty),
                            _ => None,
                        });
                    }
                }
            }
            Payload::ImportSection(section) => {
                let range = section.range();
                module.import_section = Some(range.start as usize..range.end as usize);
                for import in section.into_imports_with_offsets() {
                    let (offset, import) = import?;
                    let ty = match import.ty {
                        TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                            spaces.funcs.push(ty);
                            Extern::Func(types.get(ty as usize).cloned().flatten())
                        }
                        TypeRef::Memory(ty) => Extern::Memory(ty),
                        TypeRef::Table(ty) => Extern::Table(ty),
                        TypeRef::Global(ty) => Extern::Global(ty),
                        TypeRef::Tag(ty) => Extern::Tag(ty),
                    };
                    spaces.push(&ty);
                    module.imports.push(Import {
                        module: import.module.to_string(),
                        field: import.name.to_string(),
                        unique: None,
                        ty,
                        offset: offset as usize,
                    });
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    spaces.funcs.push(ty?);
                }
            }
            Payload::CodeSectionStart { size, .. } => {
                // Skips function bodies. A section that exceeds the module is left to the parser, which reports the
                // error.
                if let Some(behind) = rest.get(size as usize..) {
                    parser.skip_section();
                    rest = behind;
                }
            }
            Payload::End(_) => break,
            Payload::TableSection(section) => {
                for table in section {
                    spaces.tables.push(table?.ty);
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    let memory = memory?;
                    spaces.memories.push(memory);
                    module.memories.push(memory);
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    spaces.globals.push(global?.ty);
                }
            }
            Payload::TagSection(section) => {
                for tag in section {
                    spaces.tags.push(tag?);
                }
            }
            Payload::ExportSection(section) => {
                for export in section.into_iter_with_offsets() {
                    let (offset, export) = export?;
                    let Some(ty) = spaces.get(&types, export.kind, export.index) else {
                        return Ok(Err(Error::Malformed {
                            module: module.name.clone(),
                            offset,
                            message: format!("export `{}` refers to an item that does not exist", export.name),
                        }));
                    };
                    module.exports.push(Export { name: export.name.to_string(), ty, offset: offset as usize });
                }
            }
            Payload::StartSection { .. } => module.has_start = true,
            Payload::CustomSection(section) if section.name().starts_with(crate::names::METADATA_PREFIX) => {
                let start = section.data_offset() as usize;
                module.metadata.push(start..start + section.data().len());
                module.kept.push(keep_from..end_of_last);
                keep_from = section.range().end as usize;
            }
            Payload::CustomSection(section) if section.name() == crate::names::LIBRARY => module.is_library = true,
            _ => {}
        }
        end_of_last = end_of_last.max(section_end);
    }
    module.kept.push(keep_from..bytes.len());
    module.kept.retain(|range| !range.is_empty());
    Ok(Ok(()))
}

/// Index spaces for the lookup of exported items.
#[derive(Default)]
struct Spaces {
    /// Type index of each function.
    funcs: Vec<u32>,
    tables: Vec<TableType>,
    memories: Vec<MemoryType>,
    globals: Vec<GlobalType>,
    tags: Vec<TagType>,
}

impl Spaces {
    fn push(&mut self, ty: &Extern) {
        match ty {
            // Function imports are added with their type index.
            Extern::Func(_) => {}
            Extern::Memory(ty) => self.memories.push(*ty),
            Extern::Table(ty) => self.tables.push(*ty),
            Extern::Global(ty) => self.globals.push(*ty),
            Extern::Tag(ty) => self.tags.push(*ty),
        }
    }

    fn get(&self, types: &[Option<FuncType>], kind: ExternalKind, index: u32) -> Option<Extern> {
        let index = index as usize;
        Some(match kind {
            ExternalKind::Func | ExternalKind::FuncExact => {
                Extern::Func(types.get(*self.funcs.get(index)? as usize).cloned().flatten())
            }
            ExternalKind::Memory => Extern::Memory(*self.memories.get(index)?),
            ExternalKind::Table => Extern::Table(*self.tables.get(index)?),
            ExternalKind::Global => Extern::Global(*self.globals.get(index)?),
            ExternalKind::Tag => Extern::Tag(*self.tags.get(index)?),
        })
    }
}

/// Formats a signature as in WAT: `(func (param i32 i32) (result i32))`.
pub(crate) fn signature(ty: &FuncType) -> String {
    let list = |word: &str, types: &[ValType]| match types {
        [] => String::new(),
        types => format!("({word}{})", types.iter().map(|t| format!(" {t}")).collect::<String>()),
    };
    match (list("param", ty.params()), list("result", ty.results())) {
        (params, results) if params.is_empty() && results.is_empty() => "(func)".to_string(),
        (params, results) if results.is_empty() => format!("(func {params})"),
        (params, results) if params.is_empty() => format!("(func {results})"),
        (params, results) => format!("(func {params} {results})"),
    }
}
