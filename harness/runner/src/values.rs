//! Formats values and types of the component model.
//!
//! Values are in WAVE, with two extensions: handles in results are `$1`, `$2`, .. in order, and in traces byte lists
//! are strings if they are text, and abbreviated if they are long.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use wasmtime::component::types::ComponentFunc;
use wasmtime::component::{ResourceAny, Type, Val, wasm_wave};

/// Maximum number of bytes or elements of a list that a trace shows in full.
const LONG: usize = 64;

/// Number of bytes or elements shown of an abbreviated list.
const HEAD: usize = 16;

/// Formats a value for a trace.
pub fn value_text(value: &Val) -> String {
    trace_text(value, &mut |handle| if handle.owned() { "<own>".into() } else { "<borrow>".into() })
}

/// Formats a value for a trace with named handles. `handle` is called once per handle, even if the text is abbreviated.
pub(crate) fn trace_text(value: &Val, handle: &mut dyn FnMut(ResourceAny) -> String) -> String {
    print(value, Style::Trace, handle)
}

/// Formats a value like a trace, without abbreviation.
pub(crate) fn full_text(value: &Val, handle: &mut dyn FnMut(ResourceAny) -> String) -> String {
    print(value, Style::Full, handle)
}

/// Formats bytes for a trace: a string if they are text, else a list of numbers; abbreviated above 64 bytes.
pub fn bytes_text(bytes: &[u8]) -> String {
    if bytes.len() <= LONG {
        return match text(bytes) {
            Some(text) => string_text(text),
            None => format!("{bytes:?}"),
        };
    }
    let head = bytes_text(&bytes[..HEAD]);
    format!("<{} bytes: {head}.., sha256 {}>", bytes.len(), short_hash(bytes))
}

/// Formats a string in WAVE.
pub fn string_text(text: &str) -> String {
    leaf(&Val::String(text.into()))
}

/// Formats a value as the result of a call. Appends its handles to `handles`.
pub(crate) fn result_text(value: &Val, handles: &mut Vec<ResourceAny>) -> String {
    let mut handle = |handle| {
        handles.push(handle);
        format!("${}", handles.len())
    };
    print(value, Style::Wave, &mut handle)
}

/// Formats a function's type in WIT syntax.
pub(crate) fn signature(function: &ComponentFunc) -> String {
    let params: Vec<String> = function.params().map(|(name, ty)| format!("{name}: {}", type_text(&ty))).collect();
    let mut text = format!("func({})", params.join(", "));
    for result in function.results() {
        let _ = write!(text, " -> {}", type_text(&result));
    }
    text
}

/// Formats a type in WIT syntax. Records and other named types are written structurally, because their names are
/// unknown here.
pub(crate) fn type_text(ty: &Type) -> String {
    let optional = |ty: Option<Type>| ty.map_or_else(|| "_".to_string(), |ty| type_text(&ty));
    match ty {
        Type::Bool => "bool".into(),
        Type::S8 => "s8".into(),
        Type::U8 => "u8".into(),
        Type::S16 => "s16".into(),
        Type::U16 => "u16".into(),
        Type::S32 => "s32".into(),
        Type::U32 => "u32".into(),
        Type::S64 => "s64".into(),
        Type::U64 => "u64".into(),
        Type::Float32 => "f32".into(),
        Type::Float64 => "f64".into(),
        Type::Char => "char".into(),
        Type::String => "string".into(),
        Type::List(list) => format!("list<{}>", type_text(&list.ty())),
        Type::FixedLengthList(list) => format!("list<{}, {}>", type_text(&list.ty()), list.len()),
        Type::Map(map) => format!("map<{}, {}>", type_text(&map.key()), type_text(&map.value())),
        Type::Record(record) => {
            let fields: Vec<String> =
                record.fields().map(|field| format!("{}: {}", field.name, type_text(&field.ty))).collect();
            format!("record {{ {} }}", fields.join(", "))
        }
        Type::Tuple(tuple) => {
            let types: Vec<String> = tuple.types().map(|ty| type_text(&ty)).collect();
            format!("tuple<{}>", types.join(", "))
        }
        Type::Variant(variant) => {
            let cases = variant.cases().map(|case| match case.ty {
                Some(ty) => format!("{}({})", case.name, type_text(&ty)),
                None => case.name.to_string(),
            });
            format!("variant {{ {} }}", cases.collect::<Vec<_>>().join(", "))
        }
        Type::Enum(names) => format!("enum {{ {} }}", names.names().collect::<Vec<_>>().join(", ")),
        Type::Option(option) => format!("option<{}>", type_text(&option.ty())),
        Type::Result(result) => match (result.ok(), result.err()) {
            (None, None) => "result".into(),
            (Some(ok), None) => format!("result<{}>", type_text(&ok)),
            (ok, err) => format!("result<{}, {}>", optional(ok), optional(err)),
        },
        Type::Flags(flags) => format!("flags {{ {} }}", flags.names().collect::<Vec<_>>().join(", ")),
        Type::Own(_) => "own<resource>".into(),
        Type::Borrow(_) => "borrow<resource>".into(),
        Type::Future(future) => format!("future<{}>", optional(future.ty())),
        Type::Stream(stream) => format!("stream<{}>", optional(stream.ty())),
        Type::ErrorContext => "error-context".into(),
    }
}

/// Notation of values.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Plain WAVE.
    Wave,
    /// Byte lists as strings if they are text.
    Full,
    /// Byte lists as strings, and long lists abbreviated.
    Trace,
}

fn print(value: &Val, style: Style, handle: &mut dyn FnMut(ResourceAny) -> String) -> String {
    let payload = |name: &str, payload: &Option<Box<Val>>, handle: &mut dyn FnMut(ResourceAny) -> String| match payload
    {
        Some(value) => format!("{name}({})", print(value, style, handle)),
        None => name.to_string(),
    };
    match value {
        Val::List(values) | Val::FixedLengthList(values) => match bytes(values) {
            Some(bytes) if style == Style::Trace => bytes_text(&bytes),
            Some(bytes) if style == Style::Full => text(&bytes).map_or_else(|| format!("{bytes:?}"), string_text),
            _ => list(values, style, handle),
        },
        Val::Record(fields) if fields.is_empty() => "{:}".into(),
        Val::Record(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(name, value)| format!("{name}: {}", print(value, style, handle))).collect();
            format!("{{{}}}", fields.join(", "))
        }
        Val::Tuple(values) => {
            let values: Vec<String> = values.iter().map(|value| print(value, style, handle)).collect();
            format!("({})", values.join(", "))
        }
        Val::Variant(name, value) => payload(&label(name), value, handle),
        Val::Option(value @ Some(_)) => payload("some", value, handle),
        Val::Option(None) => "none".into(),
        Val::Result(Ok(value)) => payload("ok", value, handle),
        Val::Result(Err(value)) => payload("err", value, handle),
        Val::Resource(resource) => handle(*resource),
        Val::Map(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("({}, {})", print(key, style, handle), print(value, style, handle)))
                .collect();
            format!("[{}]", entries.join(", "))
        }
        Val::Future(_) => "<future>".into(),
        Val::Stream(_) => "<stream>".into(),
        Val::ErrorContext(_) => "<error-context>".into(),
        _ => leaf(value),
    }
}

fn list(values: &[Val], style: Style, handle: &mut dyn FnMut(ResourceAny) -> String) -> String {
    let all: Vec<String> = values.iter().map(|value| print(value, style, handle)).collect();
    if style != Style::Trace || values.len() <= LONG {
        return format!("[{}]", all.join(", "));
    }
    let hash = short_hash(all.join(", ").as_bytes());
    format!("<{} elements: [{}, ..], sha256 {hash}>", all.len(), all[..HEAD].join(", "))
}

/// Formats values without nested values: numbers, strings, flags and so on.
fn leaf(value: &Val) -> String {
    wasm_wave::to_string(value).unwrap_or_else(|error| format!("<{error}>"))
}

/// Formats a variant's case, escaped if it is a WAVE keyword.
fn label(name: &str) -> String {
    match name {
        "true" | "false" | "some" | "none" | "ok" | "err" | "inf" | "nan" => format!("%{name}"),
        _ => name.into(),
    }
}

/// Returns the bytes of a list of `u8`. Returns `None` for an empty list, whose element type is unknown.
fn bytes(values: &[Val]) -> Option<Vec<u8>> {
    if values.is_empty() {
        return None;
    }
    let byte = |value: &Val| match value {
        Val::U8(byte) => Some(*byte),
        _ => None,
    };
    values.iter().map(byte).collect()
}

/// Returns bytes as text if they are UTF-8 without control characters.
fn text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let plain = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    text.chars().all(plain).then_some(text)
}

fn short_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_lists_are_strings_if_they_are_text() {
        assert_eq!(bytes_text(b"hi\n"), r#""hi\n""#);
        assert_eq!(bytes_text(b""), r#""""#);
        assert_eq!(bytes_text(&[0xff, 0]), "[255, 0]");
        assert_eq!(bytes_text(&[b'x'; 64]).len(), 66);
        let long = [b'x'; 65];
        let hash = short_hash(&long);
        assert_eq!(bytes_text(&long), format!(r#"<65 bytes: "xxxxxxxxxxxxxxxx".., sha256 {hash}>"#));
    }

    #[test]
    fn byte_lists_are_numbers_in_results() {
        let value = Val::Tuple(vec![
            Val::List(vec![Val::U8(104), Val::U8(105)]),
            Val::Option(None),
            Val::Variant("none".into(), Some(Box::new(Val::Char('x')))),
        ]);
        assert_eq!(value_text(&value), r#"("hi", none, %none('x'))"#);
        assert_eq!(result_text(&value, &mut Vec::new()), "([104, 105], none, %none('x'))");
    }
}
