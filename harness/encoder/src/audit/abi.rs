//! Requirements of the canonical ABI on core functions, derived from WIT alone.
//!
//! Section names in quotes refer to the Canonical ABI
//! <https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md>. Only synchronous functions
//! are covered; others are rejected before a plan exists.

use std::collections::HashMap;
use std::rc::Rc;

use wasmparser::{FuncType, ValType};
use wit_parser::{Function, Resolve, Type, TypeDefKind, TypeId};

/// "Flattening": `MAX_FLAT_PARAMS`.
const MAX_FLAT_PARAMS: usize = 16;
/// "Flattening": `MAX_FLAT_RESULTS`.
const MAX_FLAT_RESULTS: usize = 1;

/// Requirements on a lifted or lowered function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Contract {
    /// Type of the core function.
    pub ty: FuncType,
    /// Reason for which the `memory` option is required.
    pub memory: Option<&'static str>,
    /// Reason for which the `realloc` option is required.
    pub realloc: Option<&'static str>,
    /// Reason for which the `string-encoding` option is required.
    pub strings: Option<&'static str>,
}

/// "canon lower": the core caller's parameters are lifted, and the result is lowered to the caller.
pub(super) fn lower(resolve: &Resolve, function: &Function) -> Contract {
    let (params, result) = shapes(resolve, function);
    // "Flattening", `flatten_functype`: for a long result, the caller passes a result pointer after the parameters.
    let mut flat = params.spilled(MAX_FLAT_PARAMS);
    let mut results = result.flat.clone();
    if result.flat.len() > MAX_FLAT_RESULTS {
        flat.push(ValType::I32);
        results.clear();
    }
    Contract {
        ty: FuncType::new(flat, results),
        memory: through_memory(&params, &result),
        // "Storing": data behind a pointer is stored at an address from realloc. A long result is stored at the result
        // pointer.
        realloc: result.pointers.then_some("data that its result points to is stored in memory"),
        strings: strings(&params, &result),
    }
}

/// "canon lift": the parameters are lowered to the core callee, and its result is lifted.
pub(super) fn lift(resolve: &Resolve, function: &Function) -> Contract {
    let (params, result) = shapes(resolve, function);
    let flat = params.spilled(MAX_FLAT_PARAMS);
    // "Flattening", `flatten_functype`: for a long result, the callee returns a pointer.
    let results = result.spilled(MAX_FLAT_RESULTS);
    // "Lifting and Lowering Values", `lower_flat_values`: parameters beyond the maximum are stored at an address from
    // realloc.
    let realloc = if params.flat.len() > MAX_FLAT_PARAMS {
        Some("its parameters are too many to be flat, and stored in memory")
    } else {
        params.pointers.then_some("data that its parameters point to is stored in memory")
    };
    Contract {
        ty: FuncType::new(flat, results),
        memory: through_memory(&params, &result),
        realloc,
        strings: strings(&params, &result),
    }
}

/// "Loading" and "Storing" are used if a value contains pointers or exceeds the flat limit.
fn through_memory(params: &Shape, result: &Shape) -> Option<&'static str> {
    if params.pointers || params.flat.len() > MAX_FLAT_PARAMS {
        Some("its parameters are passed in memory")
    } else if result.pointers || result.flat.len() > MAX_FLAT_RESULTS {
        Some("its result is passed in memory")
    } else {
        None
    }
}

/// "Canonical ABI Options": `string-encoding`.
fn strings(params: &Shape, result: &Shape) -> Option<&'static str> {
    (params.strings || result.strings).then_some("its type contains a string")
}

fn shapes(resolve: &Resolve, function: &Function) -> (Shape, Shape) {
    let mut walk = Walk { resolve, known: HashMap::new() };
    let params = walk.product(function.params.iter().map(|param| &param.ty));
    let result = walk.product(&function.result);
    (params, result)
}

/// Flattened form of a type.
#[derive(Clone, Debug, Default)]
struct Shape {
    /// Flat types, truncated once they exceed the maximum.
    flat: Vec<ValType>,
    /// Set if one of the flat types is a pointer.
    pointers: bool,
    /// Set if the type contains a string, directly or behind a pointer.
    strings: bool,
}

impl Shape {
    /// Returns the flat types, or a pointer to them if they exceed the maximum.
    fn spilled(&self, maximum: usize) -> Vec<ValType> {
        if self.flat.len() > maximum { vec![ValType::I32] } else { self.flat.clone() }
    }

    fn one(ty: ValType) -> Shape {
        Shape { flat: vec![ty], ..Shape::default() }
    }

    /// Returns the shape of a pointer and a length, for elements of this shape.
    fn pointer_to(element: &Shape) -> Shape {
        Shape { flat: vec![ValType::I32; 2], pointers: true, strings: element.strings }
    }

    fn is_full(&self) -> bool {
        self.flat.len() > MAX_FLAT_PARAMS
    }

    /// "Flattening", `flatten_record`: the flat types are concatenated.
    fn append(&mut self, next: &Shape) {
        self.flat.extend_from_slice(&next.flat);
        self.flat.truncate(MAX_FLAT_PARAMS + 1);
        self.pointers |= next.pointers;
        self.strings |= next.strings;
    }

    /// "Flattening", `flatten_variant`: the flat types are joined, after the discriminant.
    fn overlay(&mut self, payload: &Shape) {
        for (index, ty) in payload.flat.iter().enumerate() {
            match self.flat.get_mut(index + 1) {
                Some(known) => *known = join(*known, *ty),
                None => self.flat.push(*ty),
            }
        }
        self.flat.truncate(MAX_FLAT_PARAMS + 1);
        self.pointers |= payload.pointers;
        self.strings |= payload.strings;
    }
}

/// "Flattening", `join`: a type that can carry the bits of both.
fn join(a: ValType, b: ValType) -> ValType {
    match (a, b) {
        _ if a == b => a,
        (ValType::I32, ValType::F32) | (ValType::F32, ValType::I32) => ValType::I32,
        _ => ValType::I64,
    }
}

/// Recursive computation of shapes, with a cache for defined types.
struct Walk<'a> {
    resolve: &'a Resolve,
    known: HashMap<TypeId, Rc<Shape>>,
}

impl Walk<'_> {
    fn product<'t>(&mut self, types: impl IntoIterator<Item = &'t Type>) -> Shape {
        let mut sum = Shape::default();
        for ty in types {
            sum.append(&self.shape(ty));
        }
        sum
    }

    /// "Despecialization": option, result, enum and variant are all variants.
    fn sum<'t>(&mut self, cases: impl IntoIterator<Item = Option<&'t Type>>) -> Shape {
        let mut sum = Shape::one(ValType::I32);
        for ty in cases.into_iter().flatten() {
            sum.overlay(&self.shape(ty));
        }
        sum
    }

    /// "Flattening", `flatten_type`.
    fn shape(&mut self, ty: &Type) -> Rc<Shape> {
        Rc::new(match ty {
            Type::S64 | Type::U64 => Shape::one(ValType::I64),
            Type::F32 => Shape::one(ValType::F32),
            Type::F64 => Shape::one(ValType::F64),
            Type::String => Shape { strings: true, ..Shape::pointer_to(&Shape::default()) },
            Type::Id(id) => {
                if let Some(known) = self.known.get(id) {
                    return known.clone();
                }
                let shape = Rc::new(self.defined(*id));
                self.known.insert(*id, shape.clone());
                return shape;
            }
            // Integers of up to 32 bits, booleans, characters, and handles of error contexts.
            _ => Shape::one(ValType::I32),
        })
    }

    fn defined(&mut self, id: TypeId) -> Shape {
        let resolve = self.resolve;
        match &resolve.types[id].kind {
            TypeDefKind::Type(ty) => (*self.shape(ty)).clone(),
            TypeDefKind::Record(record) => self.product(record.fields.iter().map(|field| &field.ty)),
            TypeDefKind::Tuple(tuple) => self.product(&tuple.types),
            TypeDefKind::Variant(variant) => self.sum(variant.cases.iter().map(|case| case.ty.as_ref())),
            TypeDefKind::Option(some) => self.sum([Some(some)]),
            TypeDefKind::Result(result) => self.sum([result.ok.as_ref(), result.err.as_ref()]),
            TypeDefKind::Enum(_) => self.sum([]),
            TypeDefKind::Flags(flags) => {
                let words = flags.flags.len().div_ceil(32).min(MAX_FLAT_PARAMS + 1);
                Shape { flat: vec![ValType::I32; words], ..Shape::default() }
            }
            TypeDefKind::List(element) => Shape::pointer_to(&self.shape(element)),
            TypeDefKind::Map(key, value) => Shape::pointer_to(&self.product([key, value])),
            TypeDefKind::FixedLengthList(element, length) => {
                let element = self.shape(element);
                let mut shape = Shape::default();
                for _ in 0..*length {
                    shape.append(&element);
                    if shape.is_full() || element.flat.is_empty() {
                        break;
                    }
                }
                shape
            }
            // Indices in tables of the component instance.
            TypeDefKind::Handle(_) | TypeDefKind::Future(_) | TypeDefKind::Stream(_) => Shape::one(ValType::I32),
            // Never the type of a value.
            TypeDefKind::Resource | TypeDefKind::Unknown => Shape::default(),
        }
    }
}
