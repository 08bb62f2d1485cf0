//! Parses WAVE values that contain handles, for which WAVE has no syntax. The caller defines the notation of handles.

use wasmtime::component::{ResourceType, Type, Val};

use crate::values::type_text;

/// Resolves the text of a handle, given its type (`own` or `borrow`).
pub(crate) type Resolve<'a> = &'a mut dyn FnMut(&Type, &str) -> Result<Val, String>;

/// Parses a value of the given type.
pub(crate) fn parse(ty: &Type, text: &str, handle: Resolve<'_>) -> Result<Val, String> {
    let text = text.trim();
    if resources(ty).is_empty() && !has_bytes(ty) {
        return Val::from_wave(ty, text).map_err(|error| format!("{error:#}"));
    }
    let wrong = || format!("`{text}` has an invalid form");
    match ty {
        Type::Own(_) | Type::Borrow(_) => handle(ty, text),
        Type::List(list) if list.ty() == Type::U8 && text.starts_with('"') => {
            let Ok(Val::String(text)) = Val::from_wave(&Type::String, text) else { return Err(wrong()) };
            Ok(Val::List(text.bytes().map(Val::U8).collect()))
        }
        Type::List(list) if list.ty() == Type::U8 => Val::from_wave(ty, text).map_err(|error| format!("{error:#}")),
        Type::List(list) => {
            let items = split(within(text, '[', ']').ok_or_else(wrong)?).ok_or_else(wrong)?;
            let values: Result<_, _> = items.into_iter().map(|item| parse(&list.ty(), item, handle)).collect();
            values.map(Val::List)
        }
        Type::Tuple(tuple) => {
            let items = split(within(text, '(', ')').ok_or_else(wrong)?).ok_or_else(wrong)?;
            if items.len() != tuple.types().len() {
                return Err(wrong());
            }
            let values: Result<_, _> = tuple.types().zip(items).map(|(ty, item)| parse(&ty, item, handle)).collect();
            values.map(Val::Tuple)
        }
        Type::Record(record) => {
            let items = split(within(text, '{', '}').ok_or_else(wrong)?).ok_or_else(wrong)?;
            let pair = |item| str::split_once(item, ':').map(|(name, value)| (name.trim(), value));
            let given: Vec<(&str, &str)> = items.into_iter().map(pair).collect::<Option<_>>().ok_or_else(wrong)?;
            if given.iter().any(|(name, _)| record.fields().all(|field| field.name != *name)) {
                return Err(wrong());
            }
            let mut fields = Vec::new();
            for field in record.fields() {
                let value = match (given.iter().find(|(name, _)| *name == field.name), &field.ty) {
                    (Some((_, value)), ty) => parse(ty, value, handle)?,
                    // As in WAVE, fields that are `none` may be omitted.
                    (None, Type::Option(_)) => Val::Option(None),
                    (None, _) => return Err(wrong()),
                };
                fields.push((field.name.to_string(), value));
            }
            Ok(Val::Record(fields))
        }
        Type::Option(option) => match (case(text), option.ty()) {
            (Some(("none", None)), _) => Ok(Val::Option(None)),
            (Some(("some", Some(value))), ty) => Ok(Val::Option(Some(Box::new(parse(&ty, value, handle)?)))),
            // As in WAVE, `some` and `ok` may be omitted.
            (_, ty) if is_plain(&ty) => Ok(Val::Option(Some(Box::new(parse(&ty, text, handle)?)))),
            _ => Err(wrong()),
        },
        Type::Result(result) => match (case(text), result.ok()) {
            (Some(("ok", value)), ok) => Ok(Val::Result(Ok(payload(ok, value, handle).ok_or_else(wrong)??))),
            (Some(("err", value)), _) => Ok(Val::Result(Err(payload(result.err(), value, handle).ok_or_else(wrong)??))),
            (_, Some(ty)) if is_plain(&ty) => Ok(Val::Result(Ok(Some(Box::new(parse(&ty, text, handle)?))))),
            _ => Err(wrong()),
        },
        Type::Variant(variant) => {
            let (name, value) = case(text).ok_or_else(wrong)?;
            let name = name.strip_prefix('%').unwrap_or(name);
            let ty = variant.cases().find(|case| case.name == name).ok_or_else(wrong)?.ty;
            Ok(Val::Variant(name.into(), payload(ty, value, handle).ok_or_else(wrong)??))
        }
        _ => Err(format!("values of {} cannot be written in WAVE", type_text(ty))),
    }
}

/// Returns true if the type contains byte lists, which traces may write as strings.
fn has_bytes(ty: &Type) -> bool {
    match ty {
        Type::List(list) if list.ty() == Type::U8 => true,
        _ => parts(ty).iter().any(has_bytes),
    }
}

/// Returns the resources of the handles in the type.
pub(crate) fn resources(ty: &Type) -> Vec<ResourceType> {
    match ty {
        Type::Own(resource) | Type::Borrow(resource) => vec![*resource],
        _ => parts(ty).iter().flat_map(resources).collect(),
    }
}

/// Returns the component types of a type.
fn parts(ty: &Type) -> Vec<Type> {
    match ty {
        Type::List(list) => vec![list.ty()],
        Type::FixedLengthList(list) => vec![list.ty()],
        Type::Map(map) => vec![map.key(), map.value()],
        Type::Record(record) => record.fields().map(|field| field.ty).collect(),
        Type::Tuple(tuple) => tuple.types().collect(),
        Type::Variant(variant) => variant.cases().filter_map(|case| case.ty).collect(),
        Type::Option(option) => vec![option.ty()],
        Type::Result(result) => result.ok().into_iter().chain(result.err()).collect(),
        _ => Vec::new(),
    }
}

/// Splits at commas outside of brackets, strings and characters.
pub(crate) fn split(text: &str) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let (mut depth, mut start, mut at) = (0_usize, 0, 0);
    while let Some(c) = text[at..].chars().next() {
        match c {
            '"' | '\'' => at = end_of_quote(text, at)?,
            _ => {
                match c {
                    '(' | '[' | '{' => depth += 1,
                    ')' | ']' | '}' => depth = depth.checked_sub(1)?,
                    ',' if depth == 0 => {
                        parts.push(text[start..at].trim());
                        start = at + 1;
                    }
                    _ => {}
                }
                at += c.len_utf8();
            }
        }
    }
    let last = text[start..].trim();
    // A trailing comma is allowed.
    if !last.is_empty() {
        parts.push(last);
    }
    (depth == 0).then_some(parts)
}

/// Returns the end of the string or character that begins at `start`.
fn end_of_quote(text: &str, start: usize) -> Option<usize> {
    let rest = &text[start..];
    if let Some(lines) = rest.strip_prefix("\"\"\"") {
        return Some(start + 3 + lines.find("\"\"\"")? + 3);
    }
    let quote = rest.chars().next()?;
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(start + at + 1),
            _ => {}
        }
    }
    None
}

/// Checks that a payload exists exactly if its type does.
fn payload(ty: Option<Type>, text: Option<&str>, handle: Resolve<'_>) -> Option<Result<Option<Box<Val>>, String>> {
    match (ty, text) {
        (Some(ty), Some(text)) => Some(parse(&ty, text, handle).map(|value| Some(Box::new(value)))),
        (None, None) => Some(Ok(None)),
        _ => None,
    }
}

/// Splits `name(value)` or `name`.
fn case(text: &str) -> Option<(&str, Option<&str>)> {
    match text.split_once('(') {
        Some((name, rest)) => Some((name.trim(), Some(rest.strip_suffix(')')?))),
        None => Some((text, None)),
    }
}

/// Returns true if `some` and `ok` may be omitted before a value of the type.
fn is_plain(ty: &Type) -> bool {
    !matches!(ty, Type::Option(_) | Type::Result(_))
}

fn within(text: &str, open: char, close: char) -> Option<&str> {
    text.strip_prefix(open)?.strip_suffix(close)
}
