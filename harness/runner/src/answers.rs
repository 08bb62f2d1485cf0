//! Answers of a case to the guest's imports -> host functions made from the component's own types.

use std::sync::atomic::{AtomicU32, Ordering};

use polyfill_build::case::Answer;
use thiserror::Error;
use wasmtime::component::{Component, Linker, Val};

use crate::host::{State, Stop};
use crate::names::{self, Item, NameError};
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

/// Defines a function for each answer, in place of what the host has under that name.
pub(crate) fn define(
    linker: &mut Linker<State>,
    component: &Component,
    answers: &[Answer],
) -> Result<(), Vec<AnswerError>> {
    let imports = names::imports(component);
    let mut errors = Vec::new();
    let mut answered: Vec<String> = Vec::new();
    linker.allow_shadowing(true);
    for answer in answers {
        let outcome = names::find(&imports, &answer.function, "import").map_err(AnswerError::from).and_then(|item| {
            if answered.contains(&item.name()) {
                return Err(AnswerError::Twice { function: item.name() });
            }
            answered.push(item.name());
            let values = check(item, answer)?;
            add(linker, item, answer, values);
            Ok(())
        });
        errors.extend(outcome.err());
    }
    linker.allow_shadowing(false);
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// The values that the answer returns.
fn check(item: &Item, answer: &Answer) -> Result<Vec<Val>, AnswerError> {
    let function = item.name();
    if answer.trap_at == Some(0) {
        return Err(AnswerError::TrapAtZero { function });
    }
    match item.ty.results().next() {
        None if answer.returns.is_empty() => Ok(Vec::new()),
        None => Err(AnswerError::Result { function, signature: signature(&item.ty) }),
        Some(_) if answer.returns.is_empty() && answer.trap_at != Some(1) => {
            Err(AnswerError::NoResult { function, signature: signature(&item.ty) })
        }
        Some(ty) => {
            let parse = |value: &String| {
                Val::from_wave(&ty, value).map_err(|error| AnswerError::Value {
                    function: function.clone(),
                    value: value.clone(),
                    ty: type_text(&ty),
                    message: format!("{error:#}"),
                })
            };
            answer.returns.iter().map(parse).collect()
        }
    }
}

fn add(linker: &mut Linker<State>, item: &Item, answer: &Answer, values: Vec<Val>) {
    let name = item.name();
    let print = answer.print.clone();
    let trap_at = answer.trap_at;
    let calls = AtomicU32::new(0);
    let answer = move |store: wasmtime::StoreContextMut<'_, State>, _, arguments: &[Val], results: &mut [Val]| {
        let call = calls.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let arguments: Vec<String> = arguments.iter().map(value_text).collect();
        if trap_at.is_some_and(|first| call >= first) {
            store.data().record(&name, &arguments, None);
            return Err(Stop::Trap { function: name.clone(), call }.into());
        }
        // One value for each call, the last one from then on.
        let value = values.get(call as usize - 1).or(values.last());
        store.data().record(&name, &arguments, value.map(value_text));
        if let Some(text) = &print {
            store.data().stdout().write(text.as_bytes())?;
        }
        if let (Some(result), Some(value)) = (results.first_mut(), value) {
            *result = value.clone();
        }
        Ok(())
    };
    let defined = match &item.instance {
        Some(instance) => linker.instance(instance).and_then(|mut instance| instance.func_new(&item.function, answer)),
        None => linker.root().func_new(&item.function, answer),
    };
    // Shadowing is allowed: the only failure left is an instance under a function's name, which the check of all
    // imports reports.
    drop(defined);
}
