//! Requirements of the canonical ABI for a function: its flat signature and the options of its lift or lower.
//!
//! Rules of the [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md):
//! * Flattening: more than 16 flat parameters are passed in memory; more than one flat result is passed in memory.
//! * Lifting a function (an export): parameters are stored into the module's memory, the result is loaded from it.
//! * Lowering a function (an import): parameters are loaded from the module's memory, the result is stored into it.
//! * Storing: strings and lists, and parameters that a lift spills to memory, are allocated with `realloc`. A spilled
//!   result of a lowered function needs no `realloc`: the caller passes a pointer to the return area.

use foldhash::HashMap;
use wasmparser::{FuncType, ValType};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Function, Resolve, Type, TypeDefKind, TypeId};

/// Direction in which a function crosses the component boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Import: the module calls a function of the component level.
    Lower,
    /// Export: the component level calls a function of the module.
    Lift,
}

/// Canonical options that a lift or lower needs, each with its reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    /// Reason why a memory is needed.
    pub memory: Option<&'static str>,
    /// Reason why a realloc is needed.
    pub realloc: Option<&'static str>,
    /// True if the signature contains a string, so that the string encoding is relevant.
    pub strings: bool,
}

/// Computes signatures and options for the functions of one package graph. Results for types are cached.
pub(crate) struct Abi<'a> {
    resolve: &'a Resolve,
    contents: HashMap<TypeId, Contents>,
}

/// Contents of a type, including nested types.
#[derive(Clone, Copy, Default)]
struct Contents {
    /// True if the type contains a string, a list or a map, whose length is dynamic.
    lists: bool,
    /// True if the type contains a string.
    strings: bool,
}

impl<'a> Abi<'a> {
    /// Creates an empty cache.
    pub fn new(resolve: &'a Resolve) -> Self {
        Abi { resolve, contents: HashMap::default() }
    }

    /// Returns the core function type of a lift or lower.
    pub fn signature(&self, function: &Function, direction: Direction) -> FuncType {
        let flat = self.resolve.wasm_signature(variant(direction), function);
        FuncType::new(flat.params.iter().map(val_type), flat.results.iter().map(val_type))
    }

    /// Returns the canonical options that a lift or lower needs.
    pub fn needs(&mut self, function: &Function, direction: Direction) -> Needs {
        let flat = self.resolve.wasm_signature(variant(direction), function);
        let mut params = Contents::default();
        for param in &function.params {
            params = params.and(self.contents_of(&param.ty));
        }
        let result = function.result.as_ref().map(|ty| self.contents_of(ty)).unwrap_or_default();

        let memory = if params.lists {
            Some("a parameter holds a string or list")
        } else if result.lists {
            Some("the result holds a string or list")
        } else if flat.indirect_params {
            Some("more than 16 flat parameters are passed in memory")
        } else if flat.retptr {
            Some("more than one flat result is passed in memory")
        } else {
            None
        };
        let realloc = match direction {
            Direction::Lower if result.lists => Some("the result holds a string or list"),
            Direction::Lift if params.lists => Some("a parameter holds a string or list"),
            Direction::Lift if flat.indirect_params => Some("more than 16 flat parameters are passed in memory"),
            _ => None,
        };
        Needs { memory, realloc, strings: params.strings || result.strings }
    }

    fn contents_of(&mut self, ty: &Type) -> Contents {
        match ty {
            Type::String => Contents { lists: true, strings: true },
            Type::Id(id) => self.contents_of_definition(*id),
            _ => Contents::default(),
        }
    }

    fn contents_of_definition(&mut self, id: TypeId) -> Contents {
        if let Some(known) = self.contents.get(&id) {
            return *known;
        }
        let resolve = self.resolve;
        let contents = match &resolve.types[id].kind {
            TypeDefKind::List(element) => Contents { lists: true, ..self.contents_of(element) },
            TypeDefKind::Map(key, value) => {
                Contents { lists: true, ..self.contents_of(key).and(self.contents_of(value)) }
            }
            TypeDefKind::Type(ty) | TypeDefKind::Option(ty) | TypeDefKind::FixedLengthList(ty, _) => {
                self.contents_of(ty)
            }
            TypeDefKind::Record(record) => self.union(record.fields.iter().map(|f| &f.ty)),
            TypeDefKind::Tuple(tuple) => self.union(tuple.types.iter()),
            TypeDefKind::Variant(variant) => self.union(variant.cases.iter().filter_map(|c| c.ty.as_ref())),
            TypeDefKind::Result(result) => self.union(result.ok.iter().chain(&result.err)),
            TypeDefKind::Resource
            | TypeDefKind::Handle(_)
            | TypeDefKind::Flags(_)
            | TypeDefKind::Enum(_)
            | TypeDefKind::Future(_)
            | TypeDefKind::Stream(_)
            | TypeDefKind::Unknown => Contents::default(),
        };
        self.contents.insert(id, contents);
        contents
    }

    fn union<'t>(&mut self, types: impl Iterator<Item = &'t Type>) -> Contents {
        types.fold(Contents::default(), |sum, ty| sum.and(self.contents_of(ty)))
    }
}

impl Contents {
    fn and(self, other: Contents) -> Contents {
        Contents { lists: self.lists || other.lists, strings: self.strings || other.strings }
    }
}

fn variant(direction: Direction) -> AbiVariant {
    match direction {
        Direction::Lower => AbiVariant::GuestImport,
        Direction::Lift => AbiVariant::GuestExport,
    }
}

fn val_type(ty: &WasmType) -> ValType {
    match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => ValType::I32,
        WasmType::I64 | WasmType::PointerOrI64 => ValType::I64,
        WasmType::F32 => ValType::F32,
        WasmType::F64 => ValType::F64,
    }
}
