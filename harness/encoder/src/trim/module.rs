//! Parses an adapter into index spaces that borrow from its bytes.

use indexmap::IndexMap;
use wasmparser::{
    ConstExpr, Data, Element, Export, FuncToValidate, FuncType, FuncValidatorAllocations, FunctionBody, GlobalType,
    Import, MemoryType, Parser, Payload, Table, TagType, TypeRef, ValidPayload, Validator, ValidatorResources,
    WasmFeatures,
};

use super::dwarf::DebugSections;
use super::error::Problem;
use super::linking::Linking;
use super::names::Names;

/// WebAssembly features accepted in an adapter: the core language without types of the garbage collection proposal. See
/// [`super::unsupported`] for the errors about other features.
const FEATURES: WasmFeatures = WasmFeatures::WASM2
    .union(WasmFeatures::FUNCTION_REFERENCES)
    .union(WasmFeatures::WIDE_ARITHMETIC)
    // For constant expressions that read globals defined in the module. GC types are rejected.
    .union(WasmFeatures::GC)
    .union(WasmFeatures::GC_TYPES)
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::RELAXED_SIMD)
    .union(WasmFeatures::THREADS)
    .union(WasmFeatures::EXCEPTIONS)
    // Accepted by the validator, so that the error comes from the encoder. Never kept.
    .union(WasmFeatures::MEMORY64)
    .union(WasmFeatures::CUSTOM_PAGE_SIZES);

/// An entry of an index space, imported or defined.
pub(super) struct Item<T, D> {
    /// Type of the entry.
    pub ty: T,
    /// Origin of the entry.
    pub origin: Origin<D>,
}

/// Origin of an index space's entry.
pub(super) enum Origin<D> {
    /// Imported, with the index of the import.
    Import(usize),
    /// Defined in the module.
    Own(D),
}

impl<T, D> Item<T, D> {
    /// Returns the definition, unless the entry is imported.
    pub fn own(&self) -> Option<&D> {
        match &self.origin {
            Origin::Import(_) => None,
            Origin::Own(own) => Some(own),
        }
    }

    /// Returns the index of the import, if the entry is imported.
    pub fn import(&self) -> Option<usize> {
        match &self.origin {
            Origin::Import(import) => Some(*import),
            Origin::Own(_) => None,
        }
    }
}

/// A parsed core module. If validation was requested, everything except function bodies is valid.
#[derive(Default)]
pub(super) struct Module<'a> {
    pub types: Vec<FuncType>,
    pub imports: Vec<Import<'a>>,
    pub functions: Vec<Item<u32, FunctionBody<'a>>>,
    pub tables: Vec<Item<wasmparser::TableType, Table<'a>>>,
    pub memories: Vec<Item<MemoryType, ()>>,
    pub globals: Vec<Item<GlobalType, ConstExpr<'a>>>,
    pub tags: Vec<Item<TagType, ()>>,
    pub exports: IndexMap<&'a str, Export<'a>>,
    pub start: Option<u32>,
    pub elements: Vec<Element<'a>>,
    pub data: Vec<Data<'a>>,
    pub names: Names<'a>,
    pub producers: Option<&'a [u8]>,
    pub linking: Linking<'a>,
    /// Validation state of each defined function's body. Empty without validation.
    bodies: Vec<FuncToValidate<ValidatorResources>>,
    pub debug: DebugSections<'a>,
}

impl<'a> Module<'a> {
    /// Parses a module, and validates it if `validate` is set. Bodies are left to [`Module::validate_body`], because
    /// most of them are never needed.
    ///
    /// # Errors
    ///
    /// Returns [`Problem::Invalid`] if the module is malformed or invalid.
    pub fn read(wasm: &'a [u8], validate: bool) -> Result<Module<'a>, Problem> {
        let validator = validate.then(|| Validator::new_with_features(FEATURES));
        Module::sections(wasm, validator).map_err(|error| Problem::invalid(&error))
    }

    /// Validates the body of the function with this index. Imported functions are valid.
    ///
    /// # Errors
    ///
    /// Returns [`Problem::Invalid`] if the body is invalid.
    pub fn validate_body(&self, function: u32, allocations: &mut FuncValidatorAllocations) -> Result<(), Problem> {
        let body = self.functions.get(function as usize).and_then(|item| item.own());
        let first = self.functions.len() - self.bodies.len();
        let judge = (function as usize).checked_sub(first).and_then(|own| self.bodies.get(own));
        let (Some(body), Some(judge)) = (body, judge) else { return Ok(()) };
        let FuncToValidate { resources, index, ty, features } = judge;
        let judge = FuncToValidate { resources: resources.clone(), index: *index, ty: *ty, features: *features };
        let mut validator = judge.into_validator(std::mem::take(allocations));
        let result = validator.validate(body).map_err(|error| Problem::invalid(&error));
        *allocations = validator.into_allocations();
        result
    }

    /// Returns the type of the function with this index.
    ///
    /// # Errors
    ///
    /// Returns [`Problem::Invalid`] if the function or its type does not exist, in a module that is not validated.
    pub fn signature(&self, function: u32) -> Result<&FuncType, Problem> {
        let ty = self.functions.get(function as usize).ok_or_else(|| Problem::unknown("function", function))?.ty;
        self.types.get(ty as usize).ok_or_else(|| Problem::unknown("type", ty))
    }

    fn sections(wasm: &'a [u8], mut validator: Option<Validator>) -> wasmparser::Result<Module<'a>> {
        let mut module = Module::default();
        let mut own_types = Vec::new();
        let mut bodies = Vec::new();
        let mut section = 0;
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload?;
            if let Some(validator) = &mut validator
                && let ValidPayload::Func(body, _) = validator.payload(&payload)?
            {
                module.bodies.push(body);
            }
            match &payload {
                Payload::CodeSectionStart { unchecked_range, .. } => {
                    module.linking.code_section(section, unchecked_range.start)
                }
                Payload::DataSection(data) => module.linking.data_section(section, data.range().start),
                _ => {}
            }
            // Section index by which relocation sections refer to their target section.
            if payload.as_section().is_some() && !matches!(payload, Payload::CodeSectionEntry(_)) {
                section += 1;
            }
            match payload {
                Payload::TypeSection(types) => {
                    for ty in types.into_iter_err_on_gc_types() {
                        module.types.push(ty?);
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        module.import(import?);
                    }
                }
                Payload::FunctionSection(functions) => {
                    own_types = functions.into_iter().collect::<wasmparser::Result<Vec<u32>>>()?;
                }
                Payload::TableSection(tables) => {
                    for table in tables {
                        let table = table?;
                        let ty = table.ty;
                        let origin = Origin::Own(table);
                        module.tables.push(Item { ty, origin });
                    }
                }
                Payload::MemorySection(memories) => {
                    for ty in memories {
                        let origin = Origin::Own(());
                        module.memories.push(Item { ty: ty?, origin });
                    }
                }
                Payload::TagSection(tags) => {
                    for ty in tags {
                        let origin = Origin::Own(());
                        module.tags.push(Item { ty: ty?, origin });
                    }
                }
                Payload::GlobalSection(globals) => {
                    for global in globals {
                        let global = global?;
                        let (ty, origin) = (global.ty, Origin::Own(global.init_expr));
                        module.globals.push(Item { ty, origin });
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        module.exports.insert(export.name, export);
                    }
                }
                Payload::StartSection { func, .. } => module.start = Some(func),
                Payload::ElementSection(elements) => {
                    module.elements = elements.into_iter().collect::<wasmparser::Result<_>>()?;
                }
                Payload::DataSection(data) => {
                    module.data = data.into_iter().collect::<wasmparser::Result<_>>()?;
                }
                Payload::CodeSectionEntry(body) => bodies.push(body),
                Payload::CustomSection(custom) => match custom.name() {
                    "name" => module.names = Names::read(&custom),
                    "producers" => module.producers = Some(custom.data()),
                    name if name.starts_with(".debug_") => drop(module.debug.insert(name, custom.data())),
                    _ => {
                        if module.linking.custom_section(&custom).is_err() {
                            module.linking.unreadable(custom.data_offset());
                        }
                    }
                },
                _ => {}
            }
        }
        for (ty, body) in own_types.into_iter().zip(bodies) {
            let origin = Origin::Own(body);
            module.functions.push(Item { ty, origin });
        }
        Ok(module)
    }

    fn import(&mut self, import: Import<'a>) {
        let number = self.imports.len();
        match import.ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                self.functions.push(Item { ty, origin: Origin::Import(number) })
            }
            TypeRef::Table(ty) => self.tables.push(Item { ty, origin: Origin::Import(number) }),
            TypeRef::Memory(ty) => self.memories.push(Item { ty, origin: Origin::Import(number) }),
            TypeRef::Global(ty) => self.globals.push(Item { ty, origin: Origin::Import(number) }),
            TypeRef::Tag(ty) => self.tags.push(Item { ty, origin: Origin::Import(number) }),
        }
        self.imports.push(import);
    }
}
