//! Replacement of handles in values.

use wasmtime::component::{ResourceAny, Type, Val};

/// Names of the handles of a value. Handles have no order and no hash, and most values have few of them.
#[derive(Default)]
pub(super) struct Names(Vec<(ResourceAny, String)>);

impl Names {
    pub(super) fn add(&mut self, handle: ResourceAny, name: String) {
        self.0.push((handle, name));
    }

    pub(super) fn get(&self, handle: ResourceAny) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == handle).map(|(_, name)| name.as_str())
    }
}

/// Returns a copy of a value with its handles replaced by `handle`.
pub(super) fn map(
    value: &Val,
    ty: Option<&Type>,
    handle: &mut dyn FnMut(ResourceAny, Option<&Type>) -> wasmtime::Result<ResourceAny>,
) -> wasmtime::Result<Val> {
    // Most values contain no handles and may be large.
    if !has_handle(value) {
        return Ok(value.clone());
    }
    let list = |values: &[Val], ty: Option<Type>, handle: &mut dyn FnMut(ResourceAny, Option<&Type>) -> _| {
        values.iter().map(|value| map(value, ty.as_ref(), handle)).collect::<wasmtime::Result<Vec<Val>>>()
    };
    let boxed =
        |value: &Option<Box<Val>>, ty: Option<Type>, handle: &mut dyn FnMut(ResourceAny, Option<&Type>) -> _| {
            value.as_ref().map(|value| map(value, ty.as_ref(), handle).map(Box::new)).transpose()
        };
    Ok(match value {
        Val::Resource(resource) => Val::Resource(handle(*resource, ty)?),
        Val::List(values) => {
            let element = match ty {
                Some(Type::List(list)) => Some(list.ty()),
                _ => None,
            };
            Val::List(list(values, element, handle)?)
        }
        Val::FixedLengthList(values) => {
            let element = match ty {
                Some(Type::FixedLengthList(list)) => Some(list.ty()),
                _ => None,
            };
            Val::FixedLengthList(list(values, element, handle)?)
        }
        Val::Record(fields) => {
            let types: Vec<Option<Type>> = match ty {
                Some(Type::Record(record)) => record.fields().map(|field| Some(field.ty)).collect(),
                _ => vec![None; fields.len()],
            };
            let fields = fields.iter().zip(types);
            let fields = fields.map(|((name, value), ty)| Ok((name.clone(), map(value, ty.as_ref(), handle)?)));
            Val::Record(fields.collect::<wasmtime::Result<_>>()?)
        }
        Val::Tuple(values) => {
            let types: Vec<Option<Type>> = match ty {
                Some(Type::Tuple(tuple)) => tuple.types().map(Some).collect(),
                _ => vec![None; values.len()],
            };
            let values = values.iter().zip(types);
            Val::Tuple(values.map(|(value, ty)| map(value, ty.as_ref(), handle)).collect::<wasmtime::Result<_>>()?)
        }
        Val::Variant(name, value) => {
            let payload = match ty {
                Some(Type::Variant(variant)) => variant.cases().find(|case| case.name == name).and_then(|case| case.ty),
                _ => None,
            };
            Val::Variant(name.clone(), boxed(value, payload, handle)?)
        }
        Val::Option(value) => {
            let payload = match ty {
                Some(Type::Option(option)) => Some(option.ty()),
                _ => None,
            };
            Val::Option(boxed(value, payload, handle)?)
        }
        Val::Result(value) => {
            let (ok, err) = match ty {
                Some(Type::Result(result)) => (result.ok(), result.err()),
                _ => (None, None),
            };
            Val::Result(match value {
                Ok(value) => Ok(boxed(value, ok, handle)?),
                Err(value) => Err(boxed(value, err, handle)?),
            })
        }
        other => other.clone(),
    })
}

fn has_handle(value: &Val) -> bool {
    let boxed = |value: &Option<Box<Val>>| value.as_ref().is_some_and(|value| has_handle(value));
    match value {
        Val::Resource(_) => true,
        // All elements have the same type.
        Val::List(values) | Val::FixedLengthList(values) => values.iter().any(has_handle),
        Val::Tuple(values) => values.iter().any(has_handle),
        Val::Record(fields) => fields.iter().any(|(_, value)| has_handle(value)),
        Val::Variant(_, value) | Val::Option(value) | Val::Result(Ok(value) | Err(value)) => boxed(value),
        _ => false,
    }
}
