//! Drops borrowed handles among the arguments of a function before it returns. Otherwise the canonical ABI traps
//! ([`canon lift`], "borrows must be dropped").
//!
//! [`canon lift`]: https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#canon-lift

use wasm_encoder::{BlockType, InstructionSink, MemArg, MemArgTarget, ValType};
use wit_parser::abi::{FlatTypes, WasmType};
use wit_parser::{Handle, Int, Resolve, SizeAlign, Type, TypeDefKind, TypeId};

use super::RelayError;
use crate::abi::definition;

/// Indices of the functions that drop borrowed handles, by resource.
pub(super) type Drops = Vec<(TypeId, u32)>;

/// State of a function body while code for dropping borrowed handles is generated.
pub(super) struct Borrows<'a> {
    pub(super) resolve: &'a Resolve,
    pub(super) sizes: &'a SizeAlign,
    pub(super) drops: &'a Drops,
    /// Name of the function, for error messages.
    pub(super) function: &'a str,
    /// Types of the parameters, followed by those of the other locals.
    pub(super) locals: Vec<ValType>,
    pub(super) code: Vec<u8>,
}

impl Borrows<'_> {
    fn code(&mut self) -> InstructionSink<'_> {
        InstructionSink::new(&mut self.code)
    }

    /// Drops the borrowed handles in a value that is stored in locals from `first` on.
    fn flat(&mut self, ty: &Type, first: u32) -> Result<(), RelayError> {
        if !has_borrow(self.resolve, ty) {
            return Ok(());
        }
        match kind(self.resolve, ty) {
            Some(TypeDefKind::Handle(Handle::Borrow(resource))) => {
                self.get(first);
                self.give_back(*resource);
            }
            Some(TypeDefKind::Record(record)) => {
                self.flat_fields(record.fields.iter().map(|field| field.ty).collect(), first)?;
            }
            Some(TypeDefKind::Tuple(tuple)) => self.flat_fields(tuple.types.clone(), first)?,
            Some(TypeDefKind::FixedLengthList(element, length)) => {
                self.flat_fields(vec![*element; *length as usize], first)?;
            }
            Some(TypeDefKind::List(element)) => {
                let pointer = self.local();
                self.get(first);
                self.code().local_set(pointer);
                let length = self.local();
                self.get(first + 1);
                self.code().local_set(length);
                self.each(element, pointer, length)?;
            }
            Some(kind) => {
                let (_, payloads) = self.cases(kind)?;
                for (index, payload) in payloads.into_iter().enumerate() {
                    let Some(payload) = payload.filter(|ty| has_borrow(self.resolve, ty)) else { continue };
                    self.get(first);
                    self.code().i32_const(index as i32).i32_eq().if_(BlockType::Empty);
                    self.flat(&payload, first + 1)?;
                    self.code().end();
                }
            }
            None => {}
        }
        Ok(())
    }

    /// Drops the borrowed handles in values that are stored in consecutive locals.
    pub(super) fn flat_fields(&mut self, fields: Vec<Type>, mut first: u32) -> Result<(), RelayError> {
        for ty in fields {
            self.flat(&ty, first)?;
            first += self.flat_count(&ty);
        }
        Ok(())
    }

    /// Returns the number of locals for a value. A function has at most 16 flat parameters; otherwise they are stored
    /// in memory.
    fn flat_count(&self, ty: &Type) -> u32 {
        let mut storage = [WasmType::I32; Resolve::MAX_FLAT_PARAMS];
        let mut flat = FlatTypes::new(&mut storage);
        self.resolve.push_flat(ty, &mut flat);
        flat.to_vec().len() as u32
    }

    /// Drops the borrowed handles in a value that is stored in memory.
    pub(super) fn memory(&mut self, ty: &Type, address: u32, offset: u64) -> Result<(), RelayError> {
        if !has_borrow(self.resolve, ty) {
            return Ok(());
        }
        match kind(self.resolve, ty) {
            Some(TypeDefKind::Handle(Handle::Borrow(resource))) => {
                self.code().local_get(address).i32_load(operand(offset, 2));
                self.give_back(*resource);
            }
            Some(TypeDefKind::Record(record)) => {
                self.memory_fields(record.fields.iter().map(|field| field.ty).collect(), address, offset)?;
            }
            Some(TypeDefKind::Tuple(tuple)) => self.memory_fields(tuple.types.clone(), address, offset)?,
            Some(TypeDefKind::FixedLengthList(element, length)) => {
                self.memory_fields(vec![*element; *length as usize], address, offset)?;
            }
            Some(TypeDefKind::List(element)) => {
                let (pointer, length) = (self.local(), self.local());
                self.code().local_get(address).i32_load(operand(offset, 2)).local_set(pointer);
                self.code().local_get(address).i32_load(operand(offset + 4, 2)).local_set(length);
                self.each(element, pointer, length)?;
            }
            Some(kind) => {
                let (tag, payloads) = self.cases(kind)?;
                let payload_offset = self.sizes.payload_offset(tag, payloads.iter().map(Option::as_ref));
                for (index, payload) in payloads.iter().enumerate() {
                    let Some(payload) = payload.filter(|ty| has_borrow(self.resolve, ty)) else { continue };
                    self.code().local_get(address);
                    match tag {
                        Int::U8 => self.code().i32_load8_u(operand(offset, 0)),
                        Int::U16 => self.code().i32_load16_u(operand(offset, 1)),
                        Int::U32 | Int::U64 => self.code().i32_load(operand(offset, 2)),
                    };
                    self.code().i32_const(index as i32).i32_eq().if_(BlockType::Empty);
                    self.memory(&payload, address, offset + payload_offset.size_wasm32() as u64)?;
                    self.code().end();
                }
            }
            None => {}
        }
        Ok(())
    }

    /// Drops the borrowed handles in consecutive fields.
    pub(super) fn memory_fields(&mut self, fields: Vec<Type>, address: u32, offset: u64) -> Result<(), RelayError> {
        for (at, ty) in self.sizes.field_offsets(&fields) {
            self.memory(ty, address, offset + at.size_wasm32() as u64)?;
        }
        Ok(())
    }

    /// Drops the borrowed handles in the elements of a list. Both locals are modified.
    fn each(&mut self, element: &Type, pointer: u32, length: u32) -> Result<(), RelayError> {
        let size = self.sizes.size(element).size_wasm32() as i32;
        self.code().block(BlockType::Empty).loop_(BlockType::Empty);
        self.code().local_get(length).i32_eqz().br_if(1);
        self.memory(element, pointer, 0)?;
        self.code().local_get(pointer).i32_const(size).i32_add().local_set(pointer);
        self.code().local_get(length).i32_const(1).i32_sub().local_set(length);
        self.code().br(0).end().end();
        Ok(())
    }

    fn local(&mut self) -> u32 {
        self.locals.push(ValType::I32);
        self.locals.len() as u32 - 1
    }

    /// Reads a 32-bit local. Flattening of a variant may have joined it with a 64-bit type.
    fn get(&mut self, local: u32) {
        let wide = self.locals.get(local as usize) == Some(&ValType::I64);
        let mut code = self.code();
        code.local_get(local);
        if wide {
            code.i32_wrap_i64();
        }
    }

    fn give_back(&mut self, resource: TypeId) {
        let resource = definition(self.resolve, resource);
        if let Some((_, index)) = self.drops.iter().find(|(known, _)| *known == resource) {
            let index = *index;
            self.code().call(index);
        }
    }

    /// Returns the discriminant and the payloads of a type with cases.
    fn cases(&self, kind: &TypeDefKind) -> Result<(Int, Vec<Option<Type>>), RelayError> {
        match kind {
            TypeDefKind::Option(ty) => Ok((Int::U8, vec![None, Some(*ty)])),
            TypeDefKind::Result(result) => Ok((Int::U8, vec![result.ok, result.err])),
            TypeDefKind::Variant(variant) => Ok((variant.tag(), variant.cases.iter().map(|case| case.ty).collect())),
            TypeDefKind::Enum(of) => Ok((of.tag(), vec![None; of.cases.len()])),
            TypeDefKind::Handle(_) | TypeDefKind::Resource => Ok((Int::U32, Vec::new())),
            other => Err(RelayError::Type { function: self.function.into(), found: other.as_str() }),
        }
    }
}

/// Returns the resources that are borrowed by the arguments.
pub(super) fn lent<'a>(resolve: &Resolve, types: impl IntoIterator<Item = &'a Type>) -> Vec<TypeId> {
    let mut found = Vec::new();
    let mut add = |resource| {
        let resource = definition(resolve, resource);
        if !found.contains(&resource) {
            found.push(resource);
        }
    };
    types.into_iter().for_each(|ty| visit(resolve, ty, &mut add));
    found
}

fn has_borrow(resolve: &Resolve, ty: &Type) -> bool {
    let mut found = false;
    visit(resolve, ty, &mut |_| found = true);
    found
}

fn visit(resolve: &Resolve, ty: &Type, found: &mut dyn FnMut(TypeId)) {
    let Some(kind) = kind(resolve, ty) else { return };
    let parts: Vec<Type> = match kind {
        TypeDefKind::Handle(Handle::Borrow(resource)) => return found(*resource),
        TypeDefKind::Record(record) => record.fields.iter().map(|field| field.ty).collect(),
        TypeDefKind::Tuple(tuple) => tuple.types.clone(),
        TypeDefKind::Variant(variant) => variant.cases.iter().filter_map(|case| case.ty).collect(),
        TypeDefKind::Option(ty) | TypeDefKind::List(ty) | TypeDefKind::FixedLengthList(ty, _) => vec![*ty],
        TypeDefKind::Result(result) => result.ok.into_iter().chain(result.err).collect(),
        TypeDefKind::Map(key, value) => vec![*key, *value],
        _ => Vec::new(),
    };
    parts.iter().for_each(|ty| visit(resolve, ty, found));
}

/// Returns the kind of a type after resolving aliases. `None` for primitive types.
fn kind<'a>(resolve: &'a Resolve, ty: &Type) -> Option<&'a TypeDefKind> {
    let Type::Id(id) = ty else { return None };
    match &resolve.types[*id].kind {
        TypeDefKind::Type(ty) => kind(resolve, ty),
        kind => Some(kind),
    }
}

fn operand(offset: u64, align: u32) -> MemArg {
    MemArg { offset, align, target: MemArgTarget::Memory(0), ordering: None }
}
