//! Conversion of component model values and types to and from JSON, so that a host needs no WAVE parser.

use serde_json::{Map, Value, json};
use wasmtime::component::{Type, Val};

use super::protocol::{Function, hex, unhex};
use crate::names::Item;
use crate::values::type_text;

/// Describes a function with its types, or returns an error if a type cannot be expressed.
pub(super) fn function(item: &Item) -> Result<Function, String> {
    let parameters: Result<Vec<Value>, String> = item.ty.params().map(|(_, ty)| type_json(&ty)).collect();
    let result = item.ty.results().next().map(|ty| type_json(&ty)).transpose();
    let context = |why: String| format!("`{}`: {why}", item.name());
    Ok(Function {
        instance: item.instance.clone(),
        function: item.function.clone(),
        parameters: parameters.map_err(context)?,
        result: result.map_err(context)?,
    })
}

/// Converts a type: a string for a primitive type, otherwise an object with one key.
fn type_json(ty: &Type) -> Result<Value, String> {
    let optional = |ty: Option<Type>| ty.map_or(Ok(Value::Null), |ty| type_json(&ty));
    Ok(match ty {
        Type::List(list) => json!({ "list": type_json(&list.ty())? }),
        Type::Option(option) => json!({ "option": type_json(&option.ty())? }),
        Type::Result(result) => json!({ "result": [optional(result.ok())?, optional(result.err())?] }),
        Type::Enum(names) => json!({ "enum": names.names().collect::<Vec<_>>() }),
        Type::Flags(names) => json!({ "flags": names.names().collect::<Vec<_>>() }),
        Type::Tuple(tuple) => {
            let types: Result<Vec<Value>, String> = tuple.types().map(|ty| type_json(&ty)).collect();
            json!({ "tuple": types? })
        }
        Type::Record(record) => {
            let fields: Result<Vec<Value>, String> =
                record.fields().map(|field| Ok(json!([field.name, type_json(&field.ty)?]))).collect();
            json!({ "record": fields? })
        }
        Type::Variant(variant) => {
            let cases: Result<Vec<Value>, String> =
                variant.cases().map(|case| Ok(json!([case.name, optional(case.ty)?]))).collect();
            json!({ "variant": cases? })
        }
        Type::Bool | Type::Char | Type::String | Type::Float32 | Type::Float64 => type_text(ty).into(),
        Type::S8 | Type::U8 | Type::S16 | Type::U16 | Type::S32 | Type::U32 | Type::S64 | Type::U64 => {
            type_text(ty).into()
        }
        _ => return Err(format!("values of {} cannot be passed to an external host", type_text(ty))),
    })
}

/// Converts a value of a type that [`type_json`] supports.
pub(super) fn to_json(value: &Val) -> Value {
    let float = |number: f64| match number {
        _ if number.is_nan() => "nan".into(),
        _ if number.is_infinite() => if number > 0.0 { "inf" } else { "-inf" }.into(),
        _ => json!(number),
    };
    let payload = |payload: &Option<Box<Val>>| payload.as_ref().map_or(Value::Null, |value| to_json(value));
    match value {
        Val::Bool(value) => json!(value),
        Val::S8(number) => json!(number),
        Val::U8(number) => json!(number),
        Val::S16(number) => json!(number),
        Val::U16(number) => json!(number),
        Val::S32(number) => json!(number),
        Val::U32(number) => json!(number),
        // Not all languages read 64-bit JSON numbers exactly.
        Val::S64(number) => number.to_string().into(),
        Val::U64(number) => number.to_string().into(),
        Val::Float32(number) => float(f64::from(*number)),
        Val::Float64(number) => float(*number),
        Val::Char(c) => c.to_string().into(),
        Val::String(text) => text.as_str().into(),
        Val::Enum(name) => name.as_str().into(),
        Val::Flags(names) => json!(names),
        Val::List(values) => match bytes(values) {
            Some(bytes) => json!({ "bytes": hex(&bytes) }),
            None => values.iter().map(to_json).collect(),
        },
        Val::Tuple(values) => values.iter().map(to_json).collect(),
        Val::Record(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), to_json(value))).collect::<Map<_, _>>().into()
        }
        Val::Variant(name, value) => json!({ "case": name, "value": payload(value) }),
        Val::Option(None) => Value::Null,
        Val::Option(Some(value)) => json!({ "some": to_json(value) }),
        Val::Result(Ok(value)) => json!({ "ok": payload(value) }),
        Val::Result(Err(value)) => json!({ "err": payload(value) }),
        // Supported types have no such values.
        _ => Value::Null,
    }
}

/// Returns the bytes of a non-empty list of `u8`. An empty list is written as a list.
fn bytes(values: &[Val]) -> Option<Vec<u8>> {
    let byte = |value: &Val| if let Val::U8(byte) = value { Some(*byte) } else { None };
    (!values.is_empty()).then(|| values.iter().map(byte).collect())?
}

/// Parses a value of type `ty` from a host's JSON.
pub(super) fn from_json(ty: &Type, json: &Value) -> Result<Val, String> {
    read(ty, json).ok_or_else(|| {
        let mut text: String = json.to_string().chars().take(80).collect();
        if text.len() < json.to_string().len() {
            text.push_str("..");
        }
        format!("`{text}` is not a valid {}", type_text(ty))
    })
}

fn read(ty: &Type, json: &Value) -> Option<Val> {
    Some(match ty {
        Type::Bool => Val::Bool(json.as_bool()?),
        Type::S8 => Val::S8(json.as_i64()?.try_into().ok()?),
        Type::U8 => Val::U8(json.as_u64()?.try_into().ok()?),
        Type::S16 => Val::S16(json.as_i64()?.try_into().ok()?),
        Type::U16 => Val::U16(json.as_u64()?.try_into().ok()?),
        Type::S32 => Val::S32(json.as_i64()?.try_into().ok()?),
        Type::U32 => Val::U32(json.as_u64()?.try_into().ok()?),
        Type::S64 => Val::S64(json.as_str()?.parse().ok()?),
        Type::U64 => Val::U64(json.as_str()?.parse().ok()?),
        Type::Float32 => Val::Float32(float(json)? as f32),
        Type::Float64 => Val::Float64(float(json)?),
        Type::Char => {
            let mut chars = json.as_str()?.chars();
            Val::Char(chars.next().filter(|_| chars.next().is_none())?)
        }
        Type::String => Val::String(json.as_str()?.into()),
        Type::Enum(names) => Val::Enum(names.names().find(|name| json.as_str() == Some(name))?.into()),
        Type::Flags(flags) => {
            let given: Option<Vec<&str>> = json.as_array()?.iter().map(Value::as_str).collect();
            let given = given?;
            let known: Vec<&str> = flags.names().collect();
            let names = known.iter().filter(|name| given.contains(name)).map(|name| name.to_string());
            given.iter().all(|name| known.contains(name)).then(|| Val::Flags(names.collect()))?
        }
        Type::List(list) => match (list.ty(), json.get("bytes")) {
            (Type::U8, Some(bytes)) => Val::List(unhex(bytes.as_str()?)?.into_iter().map(Val::U8).collect()),
            (ty, _) => Val::List(json.as_array()?.iter().map(|json| read(&ty, json)).collect::<Option<_>>()?),
        },
        Type::Tuple(tuple) => {
            let values = json.as_array().filter(|values| values.len() == tuple.types().len())?;
            Val::Tuple(tuple.types().zip(values).map(|(ty, json)| read(&ty, json)).collect::<Option<_>>()?)
        }
        Type::Record(record) => {
            let object = json.as_object()?;
            let field = |name: &str, ty: &Type| Some((name.to_string(), read(ty, object.get(name)?)?));
            Val::Record(record.fields().map(|each| field(each.name, &each.ty)).collect::<Option<_>>()?)
        }
        Type::Variant(variant) => {
            let name = json.get("case")?.as_str()?;
            let ty = variant.cases().find(|case| case.name == name)?.ty;
            Val::Variant(name.into(), payload(ty, json.get("value"))?)
        }
        Type::Option(_) if json.is_null() => Val::Option(None),
        Type::Option(option) => Val::Option(Some(Box::new(read(&option.ty(), json.get("some")?)?))),
        Type::Result(result) => match (json.get("ok"), json.get("err")) {
            (ok @ Some(_), None) => Val::Result(Ok(payload(result.ok(), ok)?)),
            (None, err @ Some(_)) => Val::Result(Err(payload(result.err(), err)?)),
            _ => return None,
        },
        _ => return None,
    })
}

fn payload(ty: Option<Type>, json: Option<&Value>) -> Option<Option<Box<Val>>> {
    match ty {
        Some(ty) => read(&ty, json?).map(|value| Some(Box::new(value))),
        None => json.is_none_or(Value::is_null).then_some(None),
    }
}

fn float(json: &Value) -> Option<f64> {
    match json.as_str() {
        Some("nan") => Some(f64::NAN),
        Some("inf") => Some(f64::INFINITY),
        Some("-inf") => Some(f64::NEG_INFINITY),
        Some(_) => None,
        None => json.as_f64(),
    }
}
