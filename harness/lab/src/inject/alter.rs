//! Variations of a value that a host returned: each differs in one place.

use wasmtime::component::{Type, Val};

/// Factor by which a longer list is longer than the original.
const TIMES: usize = 200;
/// Nanoseconds beyond one second.
const MOST_NANOSECONDS: u32 = 999_999_999;

/// A variation of a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Altered {
    /// Place and kind of the change: `size: max`.
    pub(super) name: String,
    /// Changed value.
    pub(super) value: Val,
    /// Set when the host may not return the value although its type permits it.
    pub(super) broken: bool,
}

impl Altered {
    fn new(name: impl Into<String>, value: Val) -> Self {
        Self { name: name.into(), value, broken: false }
    }

    /// Returns the same variation within an enclosing value.
    fn within(self, place: &str, whole: impl FnOnce(Val) -> Val) -> Self {
        let name = if place.is_empty() { self.name } else { format!("{place}: {}", self.name) };
        Self { name, value: whole(self.value), broken: self.broken }
    }
}

/// Returns all variations that differ in one number, list, option or similar part. Values with handles are not varied.
/// If the call bounds the number of bytes, a longer list exceeds that bound.
pub(super) fn altered(value: &Val, ty: &Type, wanted: Option<usize>) -> Vec<Altered> {
    match (value, ty) {
        (_, ty) if has_handle(ty) => Vec::new(),
        (Val::Bool(flag), _) => vec![Altered::new("not", Val::Bool(!flag))],
        (Val::String(text), _) => {
            let mut all = vec![Altered::new("longer", Val::String(longer_text(text)))];
            all.extend((!text.is_empty()).then(|| Altered::new("empty", Val::String(String::new()))));
            all
        }
        (Val::List(values), Type::List(list)) => lists(values, &list.ty(), wanted),
        (Val::Tuple(values), Type::Tuple(tuple)) => {
            let parts = values.iter().zip(tuple.types()).enumerate();
            let of = |(at, (part, ty)): (usize, (&Val, Type))| {
                let whole = move |other| Val::Tuple(replaced(values, at, other));
                altered(part, &ty, wanted)
                    .into_iter()
                    .map(|other| other.within(&at.to_string(), whole))
                    .collect::<Vec<_>>()
            };
            parts.flat_map(of).collect()
        }
        (Val::Record(fields), Type::Record(record)) => {
            let parts = fields.iter().zip(record.fields()).enumerate();
            let of = |(at, ((name, part), field)): (usize, (&(String, Val), _))| {
                let field: wasmtime::component::types::Field<'_> = field;
                let whole = move |other| {
                    let mut fields = fields.clone();
                    fields[at].1 = other;
                    Val::Record(fields)
                };
                let others = if name == "nanoseconds" { nanoseconds() } else { altered(part, &field.ty, wanted) };
                others.into_iter().map(|other| other.within(name, whole)).collect::<Vec<_>>()
            };
            parts.flat_map(of).collect()
        }
        (Val::Option(Some(inner)), Type::Option(option)) => {
            let some = |other| Val::Option(Some(Box::new(other)));
            let inner = altered(inner, &option.ty(), wanted).into_iter().map(|other| other.within("", some));
            [Altered::new("none", Val::Option(None))].into_iter().chain(inner).collect()
        }
        (Val::Option(None), Type::Option(option)) => {
            let sample = sample(&option.ty());
            sample.map(|value| Altered::new("some", Val::Option(Some(Box::new(value))))).into_iter().collect()
        }
        (Val::Enum(name), Type::Enum(names)) => {
            let others = names.names().filter(|other| other != name);
            others.map(|other| Altered::new(other, Val::Enum(other.into()))).collect()
        }
        (Val::Flags(set), Type::Flags(flags)) => {
            let all: Vec<String> = flags.names().map(str::to_string).collect();
            let others = [("no flags", Vec::new()), ("all flags", all)].into_iter();
            let others = others.filter(|(_, other)| other.len() != set.len());
            others.map(|(name, other)| Altered::new(name, Val::Flags(other))).collect()
        }
        (Val::Variant(name, _), Type::Variant(variant)) => {
            let others = variant.cases().filter(|case| case.name != name && case.ty.is_none());
            others.map(|case| Altered::new(case.name, Val::Variant(case.name.into(), None))).collect()
        }
        (Val::Result(Ok(Some(inner))), Type::Result(result)) => {
            let Some(ty) = result.ok() else { return Vec::new() };
            let ok = |other| Val::Result(Ok(Some(Box::new(other))));
            altered(inner, &ty, wanted).into_iter().map(|other| other.within("", ok)).collect()
        }
        _ => numbers(value),
    }
}

/// Returns the minimum and the maximum of the type, except the number itself.
fn numbers(value: &Val) -> Vec<Altered> {
    let (least, most) = match value {
        Val::U8(_) => (Val::U8(0), Val::U8(u8::MAX)),
        Val::U16(_) => (Val::U16(0), Val::U16(u16::MAX)),
        Val::U32(_) => (Val::U32(0), Val::U32(u32::MAX)),
        Val::U64(_) => (Val::U64(0), Val::U64(u64::MAX)),
        Val::S32(_) => (Val::S32(i32::MIN), Val::S32(i32::MAX)),
        Val::S64(_) => (Val::S64(i64::MIN), Val::S64(i64::MAX)),
        _ => return Vec::new(),
    };
    let both = [("least", least), ("most", most)].into_iter();
    both.filter(|(_, other)| other != value).map(|(name, other)| Altered::new(name, other)).collect()
}

/// Returns the variations of a time, whose nanoseconds have an additional bound.
fn nanoseconds() -> Vec<Altered> {
    let beyond = Altered { broken: true, ..Altered::new("beyond a second", Val::U32(u32::MAX)) };
    vec![Altered::new("most", Val::U32(MOST_NANOSECONDS)), beyond]
}

fn lists(values: &[Val], element: &Type, wanted: Option<usize>) -> Vec<Altered> {
    let mut all = Vec::new();
    if !values.is_empty() {
        all.push(Altered::new("empty", Val::List(Vec::new())));
    }
    let first = values.first().cloned().or_else(|| sample(element));
    match (element, first) {
        (Type::U8, _) => {
            let count = wanted.unwrap_or(values.len()).max(values.len()) + 1;
            let longer = values.iter().cloned().chain(std::iter::repeat(Val::U8(b'+'))).take(count).collect();
            all.push(Altered::new("longer", Val::List(longer)));
        }
        (_, Some(first)) => {
            let longer = values.iter().cloned().chain(std::iter::repeat_n(first, TIMES)).collect();
            all.push(Altered::new("longer", Val::List(longer)));
        }
        (_, None) => {}
    }
    // Numbers in a list refer to something else (for example, indices of ready pollables): they are not varied.
    let indices = matches!(element, Type::U16 | Type::U32 | Type::U64);
    all.iter_mut().for_each(|other| other.broken |= indices);
    all
}

fn longer_text(text: &str) -> String {
    if text.is_empty() { "x".repeat(TIMES) } else { text.repeat(TIMES) }
}

fn replaced(values: &[Val], at: usize, other: Val) -> Vec<Val> {
    let mut values = values.to_vec();
    values[at] = other;
    values
}

/// Returns some value of a type.
pub(super) fn sample(ty: &Type) -> Option<Val> {
    Some(match ty {
        Type::Bool => Val::Bool(false),
        Type::U8 => Val::U8(1),
        Type::U16 => Val::U16(1),
        Type::U32 => Val::U32(1),
        Type::U64 => Val::U64(1),
        Type::S32 => Val::S32(1),
        Type::S64 => Val::S64(1),
        Type::String => Val::String("x".into()),
        Type::List(_) => Val::List(Vec::new()),
        Type::Option(_) => Val::Option(None),
        Type::Tuple(tuple) => Val::Tuple(tuple.types().map(|ty| sample(&ty)).collect::<Option<_>>()?),
        Type::Record(record) => {
            let field = |field: wasmtime::component::types::Field<'_>| Some((field.name.into(), sample(&field.ty)?));
            Val::Record(record.fields().map(field).collect::<Option<_>>()?)
        }
        Type::Enum(names) => Val::Enum(names.names().next()?.into()),
        Type::Flags(_) => Val::Flags(Vec::new()),
        Type::Variant(variant) => {
            let plain = variant.cases().find(|case| case.ty.is_none())?;
            Val::Variant(plain.name.into(), None)
        }
        _ => return None,
    })
}

pub(super) fn has_handle(ty: &Type) -> bool {
    match ty {
        Type::Own(_) | Type::Borrow(_) => true,
        Type::List(list) => has_handle(&list.ty()),
        Type::Tuple(tuple) => tuple.types().any(|ty| has_handle(&ty)),
        Type::Record(record) => record.fields().any(|field| has_handle(&field.ty)),
        Type::Option(option) => has_handle(&option.ty()),
        // An error may contain one; the variations concern the value.
        Type::Result(result) => result.ok().is_some_and(|ty| has_handle(&ty)),
        Type::Variant(variant) => variant.cases().filter_map(|case| case.ty).any(|ty| has_handle(&ty)),
        _ => false,
    }
}
