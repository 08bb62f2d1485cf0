//! Answers of a case to the guest's imports -> host functions made from the component's own types.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use polyfill_build::case::Answer;
use thiserror::Error;
use wasmtime::StoreContextMut;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, LinkerInstance, Type, Val};

use crate::drive;
use crate::handles;
use crate::host::{State, Stop};
use crate::names::{self, Item, NameError};
use crate::resources::{self, Resources};
use crate::skew;
use crate::values::{signature, type_text, value_text};

/// What is wrong with an answer.
#[derive(Debug, Error)]
pub(crate) enum AnswerError {
    /// It answers nothing that the component imports.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Two answers for one function.
    #[error("`{function}` is answered twice")]
    Twice {
        /// The function.
        function: String,
    },
    /// It returns nothing, though the function does.
    #[error("`{function}: {signature}` has a result: give `returns`")]
    NoResult {
        /// The function.
        function: String,
        /// Its type.
        signature: String,
    },
    /// It returns something, though the function does not.
    #[error("`{function}: {signature}` has no result: leave out `returns`")]
    Result {
        /// The function.
        function: String,
        /// Its type.
        signature: String,
    },
    /// What it returns is no value of the result's type.
    #[error("`returns` of `{function}`: `{value}` is no {ty}: {message}")]
    Value {
        /// The function.
        function: String,
        /// What it returns.
        value: String,
        /// The result's type.
        ty: String,
        /// What the parser says.
        message: String,
    },
    /// Calls are counted from 1.
    #[error("`trap-at` of `{function}` is 0; calls are counted from 1")]
    TrapAtZero {
        /// The function.
        function: String,
    },
}

/// Defines a function for each answer, in place of what the host has under that name; and, where nobody gives them, the
/// resources that belong with these functions, and their constructors. `asynchronous` is the host's way.
pub(crate) fn define(
    linker: &mut Linker<State>,
    component: &Component,
    answers: &[Answer],
    asynchronous: bool,
) -> Result<(), Vec<AnswerError>> {
    let imports = names::imports(component);
    let mut errors = Vec::new();
    let mut answered: Vec<(&Item, Answer)> = Vec::new();
    for answer in answers {
        match names::find(&imports, &answer.function, "import") {
            Ok(item) if answered.iter().any(|(other, _)| other.name() == item.name()) => {
                errors.push(AnswerError::Twice { function: item.name() });
            }
            Ok(item) => answered.push((item, answer.clone())),
            Err(error) => errors.push(error.into()),
        }
    }
    // The host's interface, with the answered function in it, may be of another version.
    let places: Vec<Option<String>> = answered.iter().map(|(item, _)| place(linker, &imports, item)).collect();
    linker.allow_shadowing(true);
    let functions: Vec<&Item> = answered.iter().map(|(item, _)| *item).collect();
    let resources = Resources::define(linker, component, &functions);
    let given = |item: &Item| functions.iter().any(|other| other.name() == item.name());
    let constructors = imports.iter().filter(|item| resources.constructs(item) && !given(item));
    let constructors = constructors.map(|item| (item, Answer::of(item.name()), item.instance.clone()));
    let answered = answered.into_iter().zip(places).map(|((item, answer), place)| (item, answer, place));
    for (item, answer, place) in answered.chain(constructors) {
        match returns(item, &answer, &resources) {
            Ok(values) => add(linker, (item, place.as_deref()), &answer, values, resources.clone(), asynchronous),
            Err(error) => errors.push(error),
        }
    }
    linker.allow_shadowing(false);
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Where the function of an interface is to be defined.
fn place(linker: &Linker<State>, imports: &[Item], item: &Item) -> Option<String> {
    let instance = item.instance.as_ref()?;
    let siblings = imports.iter().filter(|other| other.instance == item.instance);
    let siblings = siblings.map(|other| (other.function.clone(), ComponentItem::ComponentFunc(other.ty.clone())));
    let siblings: Vec<(String, ComponentItem)> = siblings.collect();
    Some(skew::counterpart(linker, instance, &siblings).unwrap_or_else(|| instance.clone()))
}

/// A value to return.
enum Value {
    /// The same one whenever it is returned, and its text in a trace.
    Ready(Val, String),
    /// With handles to be made, from this text.
    Made(Type, String),
}

/// The values that the answer returns.
fn returns(item: &Item, answer: &Answer, resources: &Resources) -> Result<Vec<Value>, AnswerError> {
    let function = item.name();
    if answer.trap_at == Some(0) {
        return Err(AnswerError::TrapAtZero { function });
    }
    let mut texts = answer.returns.clone();
    if texts.is_empty() && resources.constructs(item) {
        texts.push(resources::NEW.into());
    }
    match item.ty.results().next() {
        None if texts.is_empty() => Ok(Vec::new()),
        None => Err(AnswerError::Result { function, signature: signature(&item.ty) }),
        Some(_) if texts.is_empty() && answer.trap_at != Some(1) => {
            Err(AnswerError::NoResult { function, signature: signature(&item.ty) })
        }
        Some(ty) => texts.into_iter().map(|text| value(&function, &ty, text, resources)).collect(),
    }
}

fn value(function: &str, ty: &Type, text: String, resources: &Resources) -> Result<Value, AnswerError> {
    match resources.check(ty, &text) {
        Ok(_) if !handles::resources(ty).is_empty() => Ok(Value::Made(ty.clone(), text)),
        Ok(value) => {
            let text = value_text(&value);
            Ok(Value::Ready(value, text))
        }
        Err(message) => Err(AnswerError::Value { function: function.into(), value: text, ty: type_text(ty), message }),
    }
}

/// One answer, wherever it is defined.
struct Answering {
    name: String,
    print: Option<String>,
    trap_at: Option<u32>,
    calls: AtomicU32,
    values: Vec<Value>,
    resources: Arc<Resources>,
}

impl Answering {
    async fn call(
        &self,
        mut store: StoreContextMut<'_, State>,
        arguments: &[Val],
        results: &mut [Val],
        asynchronous: bool,
    ) -> wasmtime::Result<()> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let traps = self.trap_at.is_some_and(|first| call >= first);
        let mut texts = Vec::new();
        for argument in arguments {
            texts.push(self.resources.take(&mut store, argument, asynchronous).await?);
        }
        // One value for each call, the last one from then on.
        let value = match self.values.get(call as usize - 1).or(self.values.last()) {
            Some(Value::Ready(value, text)) if !traps => Some((value.clone(), text.clone())),
            Some(Value::Made(ty, text)) if !traps => Some(self.resources.make(&mut store, ty, text)?),
            _ => None,
        };
        store.data().record(&self.name, &texts, value.as_ref().map(|(_, text)| text.clone()));
        if let Some(text) = &self.print {
            store.data().stdout().write(text.as_bytes())?;
        }
        if traps {
            return Err(Stop::Trap { function: self.name.clone(), call }.into());
        }
        if let (Some(result), Some((value, _))) = (results.first_mut(), value) {
            *result = value;
        }
        Ok(())
    }
}

fn add(
    linker: &mut Linker<State>,
    (item, place): (&Item, Option<&str>),
    answer: &Answer,
    values: Vec<Value>,
    resources: Arc<Resources>,
    asynchronous: bool,
) {
    let (print, trap_at) = (answer.print.clone(), answer.trap_at);
    let answering = Answering { name: item.name(), print, trap_at, calls: AtomicU32::new(0), values, resources };
    let answering = Arc::new(answering);
    let define = |root: &mut LinkerInstance<'_, State>| match asynchronous {
        true => root.func_new_async(&item.function, move |store, _, arguments, results| {
            let answering = answering.clone();
            Box::new(async move { answering.call(store, arguments, results, true).await })
        }),
        false => root.func_new(&item.function, move |store, _, arguments, results| {
            // Nothing in it waits.
            drive::drive_at_once(answering.call(store, arguments, results, false))
        }),
    };
    let defined = match place {
        Some(instance) => linker.instance(instance).and_then(|mut instance| define(&mut instance)),
        None => define(&mut linker.root()),
    };
    // Shadowing is allowed: the only failure left is an instance under a function's name, which the check of all
    // imports reports.
    drop(defined);
}
