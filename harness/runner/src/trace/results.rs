//! Results of recorded calls as values.

use wasmtime::component::{Type, Val};

use super::{End, Event, Trace};
use crate::program::Program;
use crate::{handles, names};

/// Returns the calls of the host with their results, without drops of handles. The result is `None` if the function has
/// none or did not return. Handles are replaced by strings with their names.
///
/// # Errors
///
/// Returns a message if the component does not import a called function, or a result does not have the function's type.
pub fn recorded_results<'t>(program: &Program, trace: &'t Trace) -> Result<Vec<(&'t Event, Option<Val>)>, String> {
    let imports = names::imports(program.component());
    let mut results = Vec::new();
    for event in trace.imports().filter(|event| !event.function.contains("[resource-drop]")) {
        let item = imports.iter().find(|item| item.name() == event.function);
        let item = item.ok_or_else(|| format!("the component does not import `{}`", event.function))?;
        let value =
            match (&event.end, item.ty.results().next()) {
                (End::Returned(Some(text)), Some(ty)) => {
                    let mut named = |_: &Type, name: &str| Ok(Val::String(name.into()));
                    let value = handles::parse(&ty, text, &mut named);
                    Some(value.map_err(|message| {
                        format!("`{text}` is not a valid result of `{}`: {message}", event.function)
                    })?)
                }
                _ => None,
            };
        results.push((event, value));
    }
    Ok(results)
}
