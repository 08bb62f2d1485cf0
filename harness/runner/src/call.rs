//! Calls of exports, written in WAVE.
//!
//! Handles returned by calls are named `$1`, `$2`, .. in later calls, numbered over all calls. `drop($1)` drops one.

use thiserror::Error;
use wasmtime::AsContextMut;
use wasmtime::component::{Instance, ResourceAny, Type, Val};

use crate::handles::{self, Resolve};
use crate::host::State;
use crate::names::{self, Item, NameError};
use crate::program::Program;
use crate::trace;
use crate::values::{result_text, signature, type_text};

/// Error in a call of a case.
#[derive(Debug, Error)]
pub(crate) enum CallError {
    /// Syntax error.
    #[error("`{invoke}` is not a call; expected `function(arguments)` with arguments in WAVE")]
    Syntax {
        /// Text of the call.
        invoke: String,
    },
    /// The component does not export the function.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Wrong number of arguments.
    #[error("`{function}: {signature}` takes {expected} argument(s), `{invoke}` has {found}")]
    Count {
        /// Name of the function.
        function: String,
        /// Signature of the function.
        signature: String,
        /// Number of parameters.
        expected: usize,
        /// Text of the call.
        invoke: String,
        /// Number of arguments.
        found: usize,
    },
    /// An argument does not have the parameter's type.
    #[error("argument {number} of `{function}`: `{value}` is not a valid {ty}: {message}")]
    Value {
        /// Position of the argument, from 1.
        number: usize,
        /// Name of the function.
        function: String,
        /// Text of the argument.
        value: String,
        /// Type of the parameter.
        ty: String,
        /// Message of the parser.
        message: String,
    },
    /// `drop` of an unknown handle.
    #[error("`{invoke}`: {message}")]
    Drop {
        /// Text of the call.
        invoke: String,
        /// Known handles.
        message: String,
    },
    /// The component has no command entry point (`wasi:cli/run`, or a function `run`).
    #[error(
        "the component exports neither `run` nor `wasi:cli/run`, and the case has no `[[call]]`; \
         help: add a `[[call]]`, or pass `--invoke` to `polyfill run`; exported: {exports}"
    )]
    NothingToCall {
        /// Exported functions.
        exports: String,
    },
}

/// Reason for a call without a result.
pub(crate) enum Failure {
    /// The call was invalid and was not made.
    NotMade(CallError),
    /// The call ended the guest.
    Ended(wasmtime::Error),
}

impl From<wasmtime::Error> for Failure {
    fn from(error: wasmtime::Error) -> Self {
        Self::Ended(error)
    }
}

impl<E: Into<CallError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::NotMade(error.into())
    }
}

/// Calls exports of one instance.
pub(crate) struct Caller<'a> {
    program: &'a Program,
    instance: Instance,
    /// Set if the host's functions are asynchronous, so that calls must be asynchronous, too.
    asynchronous: bool,
    handles: Vec<ResourceAny>,
}

impl<'a> Caller<'a> {
    pub(crate) fn new(program: &'a Program, instance: Instance, asynchronous: bool) -> Self {
        Self { program, instance, asynchronous, handles: Vec::new() }
    }

    /// Calls the command entry point. Returns true on success: any result but `err`.
    pub(crate) async fn start(&mut self, store: impl AsContextMut<Data = State>) -> Result<bool, Failure> {
        let result = self.invoke(store, start(self.program.exports())?, &[]).await?;
        Ok(!matches!(result, Some(Val::Result(Err(_)))))
    }

    /// Makes a call in a case's notation. Returns the result in WAVE.
    pub(crate) async fn call(
        &mut self,
        mut store: impl AsContextMut<Data = State>,
        invoke: &str,
    ) -> Result<Option<String>, Failure> {
        let (name, arguments) = parse(invoke).ok_or_else(|| CallError::Syntax { invoke: invoke.into() })?;
        let item = match names::find(self.program.exports(), name, "export") {
            Ok(item) => item,
            Err(_) if name == "drop" && arguments.len() == 1 => {
                let handle = self.handle(arguments[0]);
                let handle = handle.map_err(|message| CallError::Drop { invoke: invoke.into(), message })?;
                if self.asynchronous {
                    handle.resource_drop_async(&mut store).await?
                } else {
                    handle.resource_drop(&mut store)?
                }
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let mut handle = |_: &Type, text: &str| self.handle(text).map(Val::Resource);
        let arguments = values(item, &arguments, invoke, &mut handle)?;
        let result = self.invoke(store, item, &arguments).await?;
        Ok(result.map(|value| result_text(&value, &mut self.handles)))
    }

    async fn invoke(
        &self,
        mut store: impl AsContextMut<Data = State>,
        item: &Item,
        arguments: &[Val],
    ) -> Result<Option<Val>, wasmtime::Error> {
        let instance = item.instance.as_ref().and_then(|name| self.program.component().get_export_index(None, name));
        let index = self.program.component().get_export_index(instance.as_ref(), &item.function);
        let function = index.and_then(|index| self.instance.get_func(&mut store, index));
        let function = function.ok_or_else(|| wasmtime::format_err!("export `{}` not found", item.name()))?;
        let mut results = vec![Val::Bool(false); item.ty.results().len()];
        trace::begin(&mut store, item, arguments);
        let done = if self.asynchronous {
            function.call_async(&mut store, arguments, &mut results).await
        } else {
            function.call(&mut store, arguments, &mut results)
        };
        if done.is_ok() {
            trace::end(&mut store, results.first());
        }
        done.map(|()| results.pop())
    }

    fn handle(&self, text: &str) -> Result<ResourceAny, String> {
        let number = text.strip_prefix('$').and_then(|number| number.parse::<usize>().ok());
        let handle = number.and_then(|number| self.handles.get(number.checked_sub(1)?));
        handle.copied().ok_or_else(|| match self.handles.len() {
            0 => "no call has returned a handle so far".into(),
            known => format!("the last returned handle is `${known}`"),
        })
    }
}

/// Finds the command entry point.
pub(crate) fn start(exports: &[Item]) -> Result<&Item, CallError> {
    let starts = |item: &&Item| {
        let instance = item.instance.as_deref().map(|name| name.split('@').next().unwrap_or(name));
        item.function == "run" && matches!(instance, None | Some("wasi:cli/run"))
    };
    let Some(item) = exports.iter().find(starts) else {
        let exports: Vec<String> =
            exports.iter().map(|item| format!("`{}: {}`", item.name(), signature(&item.ty))).collect();
        let exports = if exports.is_empty() { "no functions".into() } else { exports.join(", ") };
        return Err(CallError::NothingToCall { exports });
    };
    check_count(item, 0, "run()")?;
    Ok(item)
}

/// Parses the arguments of a call.
pub(crate) fn values(
    item: &Item,
    arguments: &[&str],
    invoke: &str,
    handle: Resolve<'_>,
) -> Result<Vec<Val>, CallError> {
    let types: Vec<Type> = item.ty.params().map(|(_, ty)| ty).collect();
    // As in WAVE, trailing options may be omitted.
    let optional = types.iter().rev().take_while(|ty| matches!(ty, Type::Option(_))).count();
    if arguments.len() > types.len() || arguments.len() + optional < types.len() {
        check_count(item, arguments.len(), invoke)?;
    }
    let mut values = Vec::new();
    for (index, ty) in types.iter().enumerate() {
        values.push(match (arguments.get(index), ty) {
            (None, _) => Val::Option(None),
            (Some(argument), ty) => handles::parse(ty, argument, handle).map_err(|message| CallError::Value {
                number: index + 1,
                function: item.name(),
                value: (*argument).into(),
                ty: type_text(ty),
                message,
            })?,
        });
    }
    Ok(values)
}

fn check_count(item: &Item, found: usize, invoke: &str) -> Result<(), CallError> {
    let expected = item.ty.params().len();
    if expected == found {
        return Ok(());
    }
    let function = item.name();
    Err(CallError::Count { function, signature: signature(&item.ty), expected, invoke: invoke.into(), found })
}

/// Splits `name(a, b)` into the name and the arguments.
pub(crate) fn parse(invoke: &str) -> Option<(&str, Vec<&str>)> {
    let (name, rest) = invoke.split_once('(')?;
    let inner = rest.trim_end().strip_suffix(')')?;
    let name = name.trim();
    if name.is_empty() {
        return None;
    }
    Some((name, handles::split(inner)?))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn calls_are_split_into_arguments() {
        assert_eq!(parse("f()"), Some(("f", vec![])));
        assert_eq!(parse("a:b/c@1.0.0.f( 1, $2 ,)"), Some(("a:b/c@1.0.0.f", vec!["1", "$2"])));
        assert_eq!(
            parse(r#"f("a,\")(", ',', {x: [1, 2], y: (3, 4)}, """ ,"" """)"#),
            Some(("f", vec![r#""a,\")(""#, "','", "{x: [1, 2], y: (3, 4)}", r#"""" ,"" """"#]))
        );
        assert_eq!(parse("[method]r.get($1)"), Some(("[method]r.get", vec!["$1"])));
        for wrong in ["f", "(1)", "f(1", "f(])", "f(\"a)"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
