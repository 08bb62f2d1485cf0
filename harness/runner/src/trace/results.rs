//! What a trace's calls gave, as values.

use wasmtime::component::{Type, Val};

use super::{End, Event, Trace};
use crate::program::Program;
use crate::{handles, names};

/// The results of the calls that the program made of its host, one for each that is no drop of a handle, and none where
/// the function has none or the call did not return. In a handle's place stands a string, its name.
///
/// Fails with a message if a result is not of the function's type.
pub fn recorded_results<'t>(program: &Program, trace: &'t Trace) -> Result<Vec<(&'t Event, Option<Val>)>, String> {
    let imports = names::imports(program.component());
    let mut results = Vec::new();
    for event in trace.imports().filter(|event| !event.function.contains("[resource-drop]")) {
        let item = imports.iter().find(|item| item.name() == event.function);
        let item = item.ok_or_else(|| format!("the component imports no `{}`", event.function))?;
        let value = match (&event.end, item.ty.results().next()) {
            (End::Returned(Some(text)), Some(ty)) => {
                let mut named = |_: &Type, name: &str| Ok(Val::String(name.into()));
                let value = handles::parse(&ty, text, &mut named);
                Some(value.map_err(|message| format!("`{text}` is no result of `{}`: {message}", event.function))?)
            }
            _ => None,
        };
        results.push((event, value));
    }
    Ok(results)
}
