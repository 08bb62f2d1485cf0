//! Functions that a component imports or exports, and their names in cases.

use thiserror::Error;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, ResourceType};

use crate::handles;
use crate::values::signature;

/// Maximum number of functions that an unknown-name error shows with their types.
const MOST_TYPES: usize = 6;

/// Imported or exported function.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// Name of the instance; `None` at the world's root.
    pub instance: Option<String>,
    /// Name within the instance, as in the component: `[method]counter.add`.
    pub function: String,
    /// Type of the function.
    pub ty: ComponentFunc,
}

impl Item {
    /// Returns `instance.function`, or `function` at the root.
    pub(crate) fn name(&self) -> String {
        full(self.instance.as_deref(), &self.function)
    }

    /// Returns the resource that the function constructs.
    pub(crate) fn constructor(&self) -> Option<&str> {
        self.function.strip_prefix("[constructor]")
    }

    /// Returns the resources of the handles in the function's parameters and results.
    pub(crate) fn resources(&self) -> Vec<ResourceType> {
        let types = self.ty.params().map(|(_, ty)| ty).chain(self.ty.results());
        types.flat_map(|ty| handles::resources(&ty)).collect()
    }

    /// Returns the names by which a case may refer to this function: the instance with or without its version or
    /// package, resource functions in WIT notation (`counter.add`, and `counter` for the constructor).
    fn spellings(&self) -> Vec<String> {
        let functions = [&self.function, plain(&self.function)];
        let Some(instance) = &self.instance else { return functions.map(str::to_string).to_vec() };
        let unversioned = instance.split('@').next().unwrap_or(instance);
        let interface = unversioned.rsplit('/').next().unwrap_or(unversioned);
        let of = |instance: &str| ['.', '#'].map(|dot| functions.map(|function| format!("{instance}{dot}{function}")));
        [instance, unversioned, interface].into_iter().flat_map(of).flatten().collect()
    }
}

/// Formats `instance.function`, or `function` at the root.
pub(crate) fn full(instance: Option<&str>, function: &str) -> String {
    match instance {
        Some(instance) => format!("{instance}.{function}"),
        None => function.into(),
    }
}

/// Returns the name of a resource's drop in a trace.
pub(crate) fn drop_of(resource: &str) -> String {
    format!("[resource-drop]{resource}")
}

/// Converts `[method]counter.add` to `counter.add`.
fn plain(function: &str) -> &str {
    match function.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((_, rest)) => rest,
        None => function,
    }
}

/// Name in a case that matches no function or several.
#[derive(Debug, Error)]
pub(crate) enum NameError {
    /// No function has this name.
    #[error("the component {verb}s no `{name}`; {}", remedy(.verb, .near, .known))]
    Unknown {
        /// `import` or `export`.
        verb: &'static str,
        /// The name.
        name: String,
        /// Similar names.
        near: Vec<String>,
        /// All names, with their types unless there are too many.
        known: Vec<String>,
    },
    /// The name is ambiguous.
    #[error("`{name}` may be any of {}; write one of these", listed(.meant, ", "))]
    Ambiguous {
        /// The name.
        name: String,
        /// Full names of the matching functions.
        meant: Vec<String>,
    },
}

/// Finds the function that a case's name refers to.
pub(crate) fn find<'a>(items: &'a [Item], name: &str, verb: &'static str) -> Result<&'a Item, NameError> {
    if let Some(item) = items.iter().find(|item| item.name() == name) {
        return Ok(item);
    }
    let meant: Vec<&Item> =
        items.iter().filter(|item| item.spellings().iter().any(|spelling| spelling == name)).collect();
    match meant[..] {
        [item] => Ok(item),
        [] => Err(NameError::Unknown { verb, name: name.into(), near: near(items, name), known: known(items) }),
        _ => Err(NameError::Ambiguous { name: name.into(), meant: meant.iter().map(|item| item.name()).collect() }),
    }
}

/// Returns the component's imported functions, sorted by name.
pub(crate) fn imports(component: &Component) -> Vec<Item> {
    let ty = component.component_type();
    items(component, ty.imports(component.engine()).map(|(name, import)| (name, import.ty)))
}

/// Returns the component's exported functions, sorted by name.
pub(crate) fn exports(component: &Component) -> Vec<Item> {
    let ty = component.component_type();
    items(component, ty.exports(component.engine()).map(|(name, export)| (name, export.ty)))
}

fn items<'a>(component: &Component, externs: impl Iterator<Item = (&'a str, ComponentItem)>) -> Vec<Item> {
    let mut items = Vec::new();
    for (name, ty) in externs {
        match ty {
            ComponentItem::ComponentFunc(ty) => items.push(Item { instance: None, function: name.into(), ty }),
            ComponentItem::ComponentInstance(instance) => {
                for (function, export) in instance.exports(component.engine()) {
                    if let ComponentItem::ComponentFunc(ty) = export.ty {
                        items.push(Item { instance: Some(name.into()), function: function.into(), ty });
                    }
                }
            }
            _ => {}
        }
    }
    items.sort_by_key(Item::name);
    items
}

/// Returns the spellings that are similar to an unknown name.
fn near(items: &[Item], name: &str) -> Vec<String> {
    let spellings: Vec<String> = items.iter().flat_map(Item::spellings).collect();
    polyfill_encoder::near(name, spellings.iter().map(String::as_str)).into_iter().map(str::to_string).collect()
}

/// Returns all names, with their types unless these would hide the names.
fn known(items: &[Item]) -> Vec<String> {
    let shown = |item: &Item| match items.len() <= MOST_TYPES {
        true => format!("{}: {}", item.name(), signature(&item.ty)),
        false => item.name(),
    };
    items.iter().map(shown).collect()
}

/// Returns similar names, or all names if none is similar.
fn remedy(verb: &str, near: &[String], known: &[String]) -> String {
    match near {
        [] if known.is_empty() => format!("it {verb}s nothing"),
        [] => format!("it {verb}s {}", listed(known, ", ")),
        near => format!("help: did you mean {}?", listed(near, " or ")),
    }
}

fn listed(names: &[String], separator: &str) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(separator)
}
