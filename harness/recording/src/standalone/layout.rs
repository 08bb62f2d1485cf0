//! In-memory layout of values, according to the Canonical ABI
//! <https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md>.

use polyfill_encoder::definition;
use polyfill_runner::wasmtime::component::Val;
use wit_parser::{Handle, Int, Resolve, SizeAlign, Type, TypeDefKind, TypeId};

/// Initial memory of the replaying host.
pub(super) struct Image<'a> {
    pub(super) resolve: &'a Resolve,
    pub(super) sizes: &'a SizeAlign,
    /// Bytes, from address 0.
    pub(super) bytes: Vec<u8>,
    /// Handles to write at run time.
    pub(super) handles: Vec<Placed>,
}

/// Maximum size in bytes of all results. The memory of the replaying host also holds its other data.
const MOST: usize = 1 << 30;

/// A handle to write at run time.
pub(super) struct Placed {
    /// Address to write to.
    pub(super) at: u32,
    /// Resource of the handle.
    pub(super) resource: TypeId,
}

impl Image<'_> {
    /// Allocates space at the end of the memory.
    pub(super) fn room(&mut self, size: usize, align: usize) -> Result<u32, String> {
        let start = self.bytes.len().next_multiple_of(align.max(1));
        let end = start.checked_add(size).filter(|end| *end <= MOST);
        self.bytes.resize(end.ok_or_else(|| format!("the results of the calls exceed {MOST} bytes"))?, 0);
        Ok(start as u32)
    }

    /// Stores a value of the given type in newly allocated space.
    pub(super) fn place(&mut self, value: &Val, ty: &Type) -> Result<u32, String> {
        let at = self.room(self.size(ty), self.align(ty))?;
        self.store(value, ty, at)?;
        Ok(at)
    }

    /// Stores a value that is returned as a single core value, in eight bytes regardless of its size.
    pub(super) fn place_flat(&mut self, value: &Val, ty: &Type) -> Result<u32, String> {
        let at = self.room(8, 8)?;
        if matches!(value, Val::S8(..0) | Val::S16(..0)) {
            self.bytes[at as usize..].fill(0xff);
        }
        self.store(value, ty, at)?;
        Ok(at)
    }

    fn size(&self, ty: &Type) -> usize {
        self.sizes.size(ty).size_wasm32()
    }

    fn align(&self, ty: &Type) -> usize {
        self.sizes.align(ty).align_wasm32()
    }

    fn write(&mut self, at: u32, bytes: &[u8]) {
        self.bytes[at as usize..][..bytes.len()].copy_from_slice(bytes);
    }

    fn store(&mut self, value: &Val, ty: &Type, at: u32) -> Result<(), String> {
        let kind = match ty {
            Type::Id(id) => &self.resolve.types[*id].kind,
            _ => return self.leaf(value, at),
        };
        match (kind, value) {
            (TypeDefKind::Type(ty), value) => self.store(value, ty, at),
            (TypeDefKind::Handle(Handle::Own(resource)), Val::String(_)) => {
                self.handles.push(Placed { at, resource: definition(self.resolve, *resource) });
                Ok(())
            }
            (TypeDefKind::Record(record), Val::Record(fields)) => {
                let types: Vec<Type> = record.fields.iter().map(|field| field.ty).collect();
                self.fields(fields.iter().map(|(_, value)| value), &types, at)
            }
            (TypeDefKind::Tuple(tuple), Val::Tuple(values)) => self.fields(values.iter(), &tuple.types, at),
            (TypeDefKind::FixedLengthList(ty, _), Val::FixedLengthList(values)) => {
                self.fields(values.iter(), &vec![*ty; values.len()], at)
            }
            (TypeDefKind::List(element), Val::List(values)) => {
                let (size, align) = (self.size(element), self.align(element));
                let start = self.room(size.saturating_mul(values.len()), align)?;
                for (index, value) in values.iter().enumerate() {
                    self.store(value, element, start + (index * size) as u32)?;
                }
                self.pair(at, start, values.len());
                Ok(())
            }
            (TypeDefKind::Flags(flags), Val::Flags(set)) => {
                for (bit, flag) in flags.flags.iter().enumerate() {
                    if set.contains(&flag.name) {
                        self.bytes[at as usize + bit / 8] |= 1 << (bit % 8);
                    }
                }
                Ok(())
            }
            (TypeDefKind::Enum(cases), Val::Enum(name)) => {
                let index = cases.cases.iter().position(|case| case.name == *name);
                self.discriminant(at, cases.tag(), index)
            }
            (TypeDefKind::Variant(variant), Val::Variant(name, payload)) => {
                let index = variant.cases.iter().position(|case| case.name == *name);
                let types: Vec<Option<Type>> = variant.cases.iter().map(|case| case.ty).collect();
                self.case(at, variant.tag(), index, &types, payload)
            }
            (TypeDefKind::Option(ty), Val::Option(payload)) => {
                self.case(at, Int::U8, Some(usize::from(payload.is_some())), &[None, Some(*ty)], payload)
            }
            (TypeDefKind::Result(result), Val::Result(payload)) => {
                let (index, payload) = match payload {
                    Ok(payload) => (0, payload),
                    Err(payload) => (1, payload),
                };
                self.case(at, Int::U8, Some(index), &[result.ok, result.err], payload)
            }
            (kind, _) => Err(format!("values of type {} are not supported", kind.as_str())),
        }
    }

    fn fields<'v>(&mut self, values: impl Iterator<Item = &'v Val>, types: &[Type], at: u32) -> Result<(), String> {
        let offsets: Vec<u32> =
            self.sizes.field_offsets(types).iter().map(|(offset, _)| offset.size_wasm32() as u32).collect();
        for ((value, ty), offset) in values.zip(types).zip(offsets) {
            self.store(value, ty, at + offset)?;
        }
        Ok(())
    }

    fn case(
        &mut self,
        at: u32,
        tag: Int,
        index: Option<usize>,
        types: &[Option<Type>],
        payload: &Option<Box<Val>>,
    ) -> Result<(), String> {
        self.discriminant(at, tag, index)?;
        let offset = self.sizes.payload_offset(tag, types.iter().map(Option::as_ref)).size_wasm32() as u32;
        match (payload, index.and_then(|index| types.get(index).copied().flatten())) {
            (Some(value), Some(ty)) => self.store(value, &ty, at + offset),
            _ => Ok(()),
        }
    }

    fn discriminant(&mut self, at: u32, tag: Int, index: Option<usize>) -> Result<(), String> {
        let index = index.ok_or("unknown case")? as u64;
        let size = match tag {
            Int::U8 => 1,
            Int::U16 => 2,
            Int::U32 => 4,
            Int::U64 => 8,
        };
        self.write(at, &index.to_le_bytes()[..size]);
        Ok(())
    }

    fn pair(&mut self, at: u32, start: u32, length: usize) {
        self.write(at, &start.to_le_bytes());
        self.write(at + 4, &(length as u32).to_le_bytes());
    }

    fn leaf(&mut self, value: &Val, at: u32) -> Result<(), String> {
        match value {
            Val::Bool(value) => self.write(at, &[u8::from(*value)]),
            Val::S8(value) => self.write(at, &value.to_le_bytes()),
            Val::U8(value) => self.write(at, &value.to_le_bytes()),
            Val::S16(value) => self.write(at, &value.to_le_bytes()),
            Val::U16(value) => self.write(at, &value.to_le_bytes()),
            Val::S32(value) => self.write(at, &value.to_le_bytes()),
            Val::U32(value) => self.write(at, &value.to_le_bytes()),
            Val::S64(value) => self.write(at, &value.to_le_bytes()),
            Val::U64(value) => self.write(at, &value.to_le_bytes()),
            Val::Float32(value) => self.write(at, &value.to_le_bytes()),
            Val::Float64(value) => self.write(at, &value.to_le_bytes()),
            Val::Char(value) => self.write(at, &u32::from(*value).to_le_bytes()),
            Val::String(text) => {
                let start = self.room(text.len(), 1)?;
                self.write(start, text.as_bytes());
                self.pair(at, start, text.len());
            }
            _ => return Err("the value does not match the type of the function".into()),
        }
        Ok(())
    }
}
