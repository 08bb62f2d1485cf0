//! `read`: the facts about a core module, in one pass over its sections.
//!
//! Function bodies are not looked at: what the later stages ask for is in the section headers.
//! `component-type` sections are set aside, so that the module can be embedded without them.

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
use crate::input::{Form, Stack, Wit};
use crate::world::Decoded;

/// What the encoder knows of a core module.
#[derive(Clone, Debug)]
pub(crate) struct Module<'a> {
    /// The word for it in messages and names; for an adapter, the import module that it implements.
    pub name: String,
    /// The whole module.
    pub bytes: Cow<'a, [u8]>,
    /// All imports, in order.
    pub imports: Vec<Import>,
    /// All exports, in order.
    pub exports: Exports,
    /// Contents of the custom sections whose names start with `component-type`, in order.
    pub metadata: Vec<Range<usize>>,
    /// Stretches of `bytes` that make the module without its metadata.
    pub kept: Vec<Range<usize>>,
    /// Where the import section's contents lie.
    pub import_section: Option<Range<usize>>,
    /// Where the whole import section lies, and the section to be put in its place, if an import got another name.
    pub renamed: Option<(Range<usize>, Vec<u8>)>,
    /// The module is a shared library.
    pub is_library: bool,
    /// The module has a start section.
    pub has_start: bool,
    /// The module's own memories.
    pub memories: Vec<MemoryType>,
    /// WIT given from outside.
    pub wit: Option<Cow<'a, Wit>>,
    /// What its metadata says, if that has been decoded already.
    pub decoded: Option<Arc<Vec<Decoded>>>,
    /// What an adapter is among the others; the default for main.
    pub layer: Layer,
}

/// What an adapter is among the others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layer {
    /// The import modules that it implements: names and patterns.
    pub implements: Vec<String>,
    /// Whose memory it works in.
    pub form: Form,
    /// Its stack.
    pub stack: Stack,
    /// It stands in for main: what it asks of the world, it asks as main would.
    pub transparent: bool,
    /// It tells the host of what it does, by the interface of interposers.
    pub reports: bool,
    /// It was made here, one of several for one adapter.
    pub generated: bool,
}

/// One import.
#[derive(Clone, Debug)]
pub(crate) struct Import {
    /// The import module.
    pub module: String,
    /// The field.
    pub field: String,
    /// The field's new name, if the module imports it twice.
    pub unique: Option<String>,
    /// What is imported.
    pub ty: Extern,
    /// Where in the module it stands, in bytes from its start.
    pub offset: usize,
}

impl Import {
    /// The field's name as it is embedded.
    pub fn name(&self) -> &str {
        self.unique.as_deref().unwrap_or(&self.field)
    }
}

/// One export.
#[derive(Clone, Debug)]
pub(crate) struct Export {
    /// The name.
    pub name: String,
    /// What is exported.
    pub ty: Extern,
    /// Where in the module it stands, in bytes from its start.
    pub offset: usize,
}

/// The exports of a module, in its order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exports {
    list: Vec<Export>,
    /// Where each name is in the list; made when a long list is first asked.
    places: OnceLock<Arc<HashMap<String, usize>>>,
}

impl Exports {
    /// A list that is searched faster than a table of it is made.
    const SHORT: usize = 64;

    /// The export of that name.
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

/// The type of something imported or exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Extern {
    /// A function; `None` if its type is none of the plain kind (a garbage-collected type, say).
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
    /// The kind in WAT's word.
    pub fn kind(&self) -> &'static str {
        match self {
            Extern::Func(_) => "func",
            Extern::Memory(_) => "memory",
            Extern::Table(_) => "table",
            Extern::Global(_) => "global",
            Extern::Tag(_) => "tag",
        }
    }

    /// Whether it means the same in every module: it refers to none of the module's own types.
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
    /// A module of that name without anything in it.
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

    /// The export of that name.
    pub fn export(&self, name: &str) -> Option<&Export> {
        self.exports.get(name)
    }

    /// Whether a function of that name is exported, whatever its type.
    pub fn exports_function(&self, name: &str) -> bool {
        matches!(self.export(name).map(|export| &export.ty), Some(Extern::Func(_)))
    }

    /// The exported function of that name and its type.
    pub fn export_func(&self, name: &str) -> Option<&FuncType> {
        match &self.export(name)?.ty {
            Extern::Func(ty) => ty.as_ref(),
            _ => None,
        }
    }

    /// The module with the names that its imports got.
    pub fn whole(&self) -> Cow<'_, [u8]> {
        self.pieces(std::slice::from_ref(&(0..self.bytes.len())))
    }

    /// The same without its metadata.
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

    /// The bytes of the module without its metadata.
    pub fn size_without_metadata(&self) -> usize {
        let kept: usize = self.kept.iter().map(|range| range.len()).sum();
        self.renamed.as_ref().map_or(kept, |(old, new)| kept - old.len() + new.len())
    }

    /// Appends the module without its metadata.
    pub fn write_without_metadata(&self, out: &mut Vec<u8>) {
        self.write(&self.kept, out);
    }

    fn write(&self, ranges: &[Range<usize>], out: &mut Vec<u8>) {
        for range in ranges {
            match &self.renamed {
                // Sections are kept or left out as a whole.
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

/// Walks the sections. The outer error is a malformed module, the inner one something that is no module.
fn scan(module: &mut Module<'_>, bytes: &[u8]) -> wasmparser::Result<Result<(), Error>> {
    let mut types: Vec<Option<FuncType>> = Vec::new();
    let mut spaces = Spaces::default();
    let mut end_of_last = 0;
    let mut keep_from = 0;
    let mut parser = Parser::new(0);
    let mut rest = bytes;

    // It needs more data when there is no more, and has been told so.
    while let Chunk::Parsed { consumed, payload } = parser.parse(rest, true)? {
        rest = rest.get(consumed..).unwrap_or_default();
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
                // Bodies are not looked at, unless the parser has something to say of a section that is too long.
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
                            message: format!("export `{}` names an item that does not exist", export.name),
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

/// The index spaces, as far as exports name them.
#[derive(Default)]
struct Spaces {
    /// The index of each function's type.
    funcs: Vec<u32>,
    tables: Vec<TableType>,
    memories: Vec<MemoryType>,
    globals: Vec<GlobalType>,
    tags: Vec<TagType>,
}

impl Spaces {
    fn push(&mut self, ty: &Extern) {
        match ty {
            // Entered with the index of its type.
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

/// A signature in WAT's words: `(param i32 i32) (result i32)`.
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
