//! Builds host functions from a case's `[[import]]` answers, typed by the component's imports.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use polyfill_builder::case::Answer;
use thiserror::Error;
use wasmtime::StoreContextMut;
use wasmtime::component::{Component, Linker, LinkerInstance, Type, Val};

use crate::drive;
use crate::handles;
use crate::host::{Host, State, Stop};
use crate::interfaces::Interfaces;
use crate::names::{self, Item, NameError};
use crate::resources::{self, Resources};
use crate::values::{signature, type_text, value_text};

/// Error in an answer.
#[derive(Debug, Error)]
pub(crate) enum AnswerError {
    /// The component imports no function of that name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Two answers name the same function.
    #[error("`{function}` has two answers")]
    Twice {
        /// Name of the function.
        function: String,
    },
    /// The function has a result and the answer has no `returns`.
    #[error("`{function}: {signature}` has a result; help: add `returns`")]
    NoResult {
        /// Name of the function.
        function: String,
        /// Signature of the function.
        signature: String,
    },
    /// The function has no result and the answer has `returns`.
    #[error("`{function}: {signature}` has no result; help: remove `returns`")]
    Result {
        /// Name of the function.
        function: String,
        /// Signature of the function.
        signature: String,
    },
    /// A value in `returns` does not have the result's type.
    #[error("`returns` of `{function}`: `{value}` is not a valid {ty}: {message}")]
    Value {
        /// Name of the function.
        function: String,
        /// The invalid value.
        value: String,
        /// Type of the result.
        ty: String,
        /// Message of the parser.
        message: String,
    },
    /// `trap-at` is 0.
    #[error("`trap-at` of `{function}` is 0; expected the number of a call, from 1")]
    TrapAtZero {
        /// Name of the function.
        function: String,
    },
}

/// Defines a function for each answer, shadowing the host's function of that name. Also defines the resources of these
/// functions and their constructors if nothing else defines them.
pub(crate) fn define(
    linker: &mut Linker<State>,
    component: &Component,
    answers: &[Answer],
    host: &dyn Host,
) -> Result<(), Vec<AnswerError>> {
    let interfaces = Interfaces::of(host);
    let imports = names::imports(component);
    let mut errors = Vec::new();
    let mut all: Vec<Answered<'_>> = Vec::new();
    for answer in answers {
        match names::find(&imports, &answer.function, "import") {
            Ok(item) if all.iter().any(|other| other.item.name() == item.name()) => {
                errors.push(AnswerError::Twice { function: item.name() });
            }
            Ok(item) => {
                let place = interfaces.place(linker, item.instance.as_deref());
                all.push(Answered { item, answer: answer.clone(), place });
            }
            Err(error) => errors.push(error.into()),
        }
    }
    linker.allow_shadowing(true);
    let functions: Vec<&Item> = all.iter().map(|answered| answered.item).collect();
    let resources = Resources::define(linker, &interfaces, component, &functions);
    for item in imports.iter().filter(|item| resources.constructs(item)) {
        if functions.iter().all(|other| other.name() != item.name()) {
            all.push(Answered { item, answer: Answer::of(item.name()), place: item.instance.clone() });
        }
    }
    for answered in all {
        match returns(answered.item, &answered.answer, &resources) {
            Ok(values) => add(linker, &answered, values, resources.clone(), host.is_async()),
            Err(error) => errors.push(error),
        }
    }
    linker.allow_shadowing(false);
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Imported function with its answer.
struct Answered<'a> {
    item: &'a Item,
    answer: Answer,
    /// Instance in which the answer is defined; `None` for the world's root.
    place: Option<String>,
}

/// Value to return.
enum Value {
    /// Constant value, with its text in a trace.
    Ready(Val, String),
    /// Text of a value with handles, which are created on each return.
    Made(Type, String),
}

/// Returns the values of the answer's `returns`.
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

/// One answer, independent of the linker instance it is defined in.
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
        // Each call takes the next value; the last value repeats.
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
    Answered { item, answer, place }: &Answered<'_>,
    values: Vec<Value>,
    resources: Arc<Resources>,
    asynchronous: bool,
) {
    let (print, trap_at) = (answer.print.clone(), answer.trap_at);
    let answering = Answering { name: item.name(), print, trap_at, calls: AtomicU32::new(0), values, resources };
    let answering = Arc::new(answering);
    let define = |root: &mut LinkerInstance<'_, State>| {
        if asynchronous {
            root.func_new_async(&item.function, move |store, _, arguments, results| {
                let answering = answering.clone();
                Box::new(async move { answering.call(store, arguments, results, true).await })
            })
        } else {
            root.func_new(&item.function, move |store, _, arguments, results| {
                // The future never suspends.
                drive::drive_at_once(answering.call(store, arguments, results, false))
            })
        }
    };
    let defined = match place {
        Some(instance) => linker.instance(instance).and_then(|mut instance| define(&mut instance)),
        None => define(&mut linker.root()),
    };
    // Shadowing is allowed, so the only possible failure is an instance under the function's name, which the check of
    // all imports reports.
    drop(defined);
}
