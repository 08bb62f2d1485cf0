//! Formats definitions as WIT, for messages.

use wit_parser::{Function, FunctionKind, Handle, Resolve, Type, TypeDefKind, TypeId, TypeOwner};

/// Maximum length of a definition on one line, in bytes. Longer definitions have one line for each part.
const LONGEST: usize = 100;
/// Maximum nesting depth of unnamed types. Deeper types are omitted.
const DEEPEST: usize = 40;

/// Formats the definition of a named type.
pub(super) fn named_type(resolve: &Resolve, name: &str, id: TypeId) -> String {
    let def = &resolve.types[id];
    let ty = |ty: &Type| text(resolve, ty, 0);
    match &def.kind {
        TypeDefKind::Record(record) => {
            parts("record", name, record.fields.iter().map(|field| format!("{}: {}", field.name, ty(&field.ty))))
        }
        TypeDefKind::Variant(variant) => {
            let case = |case: &wit_parser::Case| match &case.ty {
                Some(payload) => format!("{}({})", case.name, ty(payload)),
                None => case.name.clone(),
            };
            parts("variant", name, variant.cases.iter().map(case))
        }
        TypeDefKind::Enum(cases) => parts("enum", name, cases.cases.iter().map(|case| case.name.clone())),
        TypeDefKind::Flags(flags) => parts("flags", name, flags.flags.iter().map(|flag| flag.name.clone())),
        TypeDefKind::Resource => format!("resource {name}"),
        TypeDefKind::Type(Type::Id(other)) => match used_from(resolve, def.owner, *other) {
            Some((interface, other)) if other == name => format!("use {interface}.{{{name}}}"),
            Some((interface, other)) => format!("use {interface}.{{{other} as {name}}}"),
            None => format!("type {name} = {}", ty(&Type::Id(*other))),
        },
        kind => format!("type {name} = {}", structure(resolve, kind, 0)),
    }
}

/// Returns the interface of a type and its name there, unless it belongs to `owner`.
fn used_from(resolve: &Resolve, owner: TypeOwner, id: TypeId) -> Option<(String, &str)> {
    let def = &resolve.types[id];
    match def.owner {
        TypeOwner::Interface(interface) if def.owner != owner => {
            Some((resolve.id_of(interface)?, def.name.as_deref()?))
        }
        _ => None,
    }
}

fn parts(word: &str, name: &str, parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.collect();
    let line = format!("{word} {name} {{ {} }}", parts.join(", "));
    if line.len() <= LONGEST {
        return line;
    }
    let lines: String = parts.iter().map(|part| format!("      {part},\n")).collect();
    format!("{word} {name} {{\n{lines}    }}")
}

/// Formats a function and its type.
pub(super) fn function(resolve: &Resolve, name: &str, function: &Function) -> String {
    let params: Vec<String> =
        function.params.iter().map(|param| format!("{}: {}", param.name, text(resolve, &param.ty, 0))).collect();
    let result = function.result.as_ref().map(|ty| format!(" -> {}", text(resolve, ty, 0))).unwrap_or_default();
    let word = match &function.kind {
        kind if kind.is_async() => "async func",
        FunctionKind::Static(_) => "static func",
        _ => "func",
    };
    format!("{name}: {word}({}){result}", params.join(", "))
}

fn text(resolve: &Resolve, ty: &Type, depth: usize) -> String {
    let word = match ty {
        Type::Id(id) => {
            let def = &resolve.types[*id];
            return match &def.name {
                Some(name) => name.clone(),
                None => structure(resolve, &def.kind, depth),
            };
        }
        Type::Bool => "bool",
        Type::U8 => "u8",
        Type::U16 => "u16",
        Type::U32 => "u32",
        Type::U64 => "u64",
        Type::S8 => "s8",
        Type::S16 => "s16",
        Type::S32 => "s32",
        Type::S64 => "s64",
        Type::F32 => "f32",
        Type::F64 => "f64",
        Type::Char => "char",
        Type::String => "string",
        Type::ErrorContext => "error-context",
    };
    word.to_string()
}

/// Formats an unnamed type.
fn structure(resolve: &Resolve, kind: &TypeDefKind, depth: usize) -> String {
    if depth > DEEPEST {
        return "..".to_string();
    }
    let ty = |ty: &Type| text(resolve, ty, depth + 1);
    let name = |id: &TypeId| text(resolve, &Type::Id(*id), depth + 1);
    let payload = |word: &str, payload: &Option<Type>| match payload {
        Some(payload) => format!("{word}<{}>", ty(payload)),
        None => word.to_string(),
    };
    match kind {
        TypeDefKind::Type(other) => ty(other),
        TypeDefKind::List(element) => format!("list<{}>", ty(element)),
        TypeDefKind::FixedLengthList(element, length) => format!("list<{}, {length}>", ty(element)),
        TypeDefKind::Map(key, value) => format!("map<{}, {}>", ty(key), ty(value)),
        TypeDefKind::Option(some) => format!("option<{}>", ty(some)),
        TypeDefKind::Tuple(tuple) => {
            format!("tuple<{}>", tuple.types.iter().map(ty).collect::<Vec<_>>().join(", "))
        }
        TypeDefKind::Result(result) => match (&result.ok, &result.err) {
            (None, None) => "result".to_string(),
            (Some(ok), None) => format!("result<{}>", ty(ok)),
            (ok, Some(err)) => {
                format!("result<{}, {}>", ok.as_ref().map_or("_".to_string(), ty), ty(err))
            }
        },
        TypeDefKind::Future(of) => payload("future", of),
        TypeDefKind::Stream(of) => payload("stream", of),
        TypeDefKind::Handle(Handle::Own(resource)) => name(resource),
        TypeDefKind::Handle(Handle::Borrow(resource)) => format!("borrow<{}>", name(resource)),
        _ => "..".to_string(),
    }
}
