//! Values generated from types and a counter, and values as text.

use wasmtime::component::{ResourceAny, ResourceType, Type, Val};

/// Nesting depth beyond which lists are empty, options `none`, and variants their first case.
const DEPTH: usize = 4;

/// Source of values. Each value advances the counter.
pub struct Maker<'a> {
    pub counter: &'a mut u64,
    /// Function that returns an owned or borrowed handle of a resource, or `None` if there is none.
    pub handle: &'a mut dyn FnMut(ResourceType, bool, u64) -> Option<ResourceAny>,
}

impl Maker<'_> {
    /// Returns a value of a type, or `None` if it requires a handle that is not available.
    pub fn make(&mut self, ty: &Type) -> Option<Val> {
        self.value(ty, DEPTH)
    }

    fn value(&mut self, ty: &Type, depth: usize) -> Option<Val> {
        *self.counter += 1;
        let n = *self.counter;
        let length = if depth == 0 { 0 } else { n % 3 };
        Some(match ty {
            Type::Bool => Val::Bool(n.is_multiple_of(2)),
            Type::S8 => Val::S8(n as i8),
            Type::U8 => Val::U8(n as u8),
            Type::S16 => Val::S16(-(n as i16)),
            Type::U16 => Val::U16(n as u16),
            Type::S32 => Val::S32(-(n as i32)),
            Type::U32 => Val::U32(n as u32),
            Type::S64 => Val::S64(-(n as i64)),
            Type::U64 => Val::U64(n << 33),
            Type::Float32 => Val::Float32(n as f32 + 0.5),
            Type::Float64 => Val::Float64(n as f64 + 0.25),
            Type::Char => Val::Char(['a', 'é', '☃', '😀'][n as usize % 4]),
            // Covers Latin-1, the rest of the BMP, and surrogate pairs.
            Type::String => Val::String(format!("s{n}{}", ["", "é", "☃", "😀"][n as usize % 4])),
            Type::List(list) => Val::List(self.values(&list.ty(), length, depth)?),
            Type::FixedLengthList(list) => {
                Val::FixedLengthList(self.values(&list.ty(), list.len().into(), depth.saturating_sub(1))?)
            }
            Type::Map(map) => {
                let pair = |maker: &mut Self| {
                    Some((maker.value(&map.key(), depth - 1)?, maker.value(&map.value(), depth - 1)?))
                };
                Val::Map((0..length).map(|_| pair(self)).collect::<Option<_>>()?)
            }
            Type::Record(record) => {
                let fields = record.fields().map(|field| Some((field.name.to_string(), self.value(&field.ty, depth)?)));
                Val::Record(fields.collect::<Option<_>>()?)
            }
            Type::Tuple(tuple) => Val::Tuple(tuple.types().map(|ty| self.value(&ty, depth)).collect::<Option<_>>()?),
            Type::Variant(variant) => {
                let number = if depth == 0 { 0 } else { n as usize % variant.cases().len() };
                let case = variant.cases().nth(number)?;
                Val::Variant(case.name.to_string(), self.payload(case.ty, depth)?)
            }
            Type::Enum(names) => Val::Enum(names.names().nth(n as usize % names.names().len())?.to_string()),
            Type::Option(_) if length == 0 => Val::Option(None),
            Type::Option(option) => Val::Option(self.payload(Some(option.ty()), depth)?),
            Type::Result(result) if n.is_multiple_of(2) => Val::Result(Ok(self.payload(result.ok(), depth)?)),
            Type::Result(result) => Val::Result(Err(self.payload(result.err(), depth)?)),
            Type::Flags(flags) => {
                let set = flags.names().enumerate().filter(|(bit, _)| n >> (bit % 8) & 1 == 1);
                Val::Flags(set.map(|(_, name)| name.to_string()).collect())
            }
            Type::Own(resource) => Val::Resource((self.handle)(*resource, true, n)?),
            Type::Borrow(resource) => Val::Resource((self.handle)(*resource, false, n)?),
            Type::Future(_) | Type::Stream(_) | Type::ErrorContext => return None,
        })
    }

    fn values(&mut self, ty: &Type, count: u64, depth: usize) -> Option<Vec<Val>> {
        (0..count).map(|_| self.value(ty, depth.saturating_sub(1))).collect()
    }

    fn payload(&mut self, ty: Option<Type>, depth: usize) -> Option<Option<Box<Val>>> {
        match ty {
            Some(ty) => Some(Some(Box::new(self.value(&ty, depth.saturating_sub(1))?))),
            None => Some(None),
        }
    }
}

/// Formats a value. Handles are formatted by `handle`.
pub fn text(value: &Val, handle: &mut dyn FnMut(ResourceAny) -> String) -> String {
    let mut payload = |value: &Option<Box<Val>>| match value {
        Some(value) => text(value, handle),
        None => String::new(),
    };
    match value {
        Val::Resource(resource) => handle(*resource),
        Val::Variant(name, value) => format!("{name}({})", payload(value)),
        Val::Option(value) => format!("option({})", payload(value)),
        Val::Result(Ok(value)) => format!("ok({})", payload(value)),
        Val::Result(Err(value)) => format!("err({})", payload(value)),
        Val::List(values) | Val::FixedLengthList(values) | Val::Tuple(values) => {
            format!("[{}]", values.iter().map(|value| text(value, handle)).collect::<Vec<_>>().join(", "))
        }
        Val::Record(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{name}: {}", text(value, handle)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        Val::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{}: {}", text(key, handle), text(value, handle)));
            format!("[{}]", entries.collect::<Vec<_>>().join(", "))
        }
        // Prints bits to distinguish NaNs.
        Val::Float32(float) => format!("f32 {:#x}", float.to_bits()),
        Val::Float64(float) => format!("f64 {:#x}", float.to_bits()),
        other => format!("{other:?}"),
    }
}
