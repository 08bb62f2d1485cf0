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

    /// Returns true if a case may refer to this function by `name`: the instance with or without its version or
    /// package, resource functions in WIT notation (`counter.add`, and `counter` for the constructor).
    fn answers_to(&self, name: &str) -> bool {
        let Some(instance) = &self.instance else {
            return name == self.function || name == plain(&self.function);
        };
        let unversioned = instance.split('@').next().unwrap_or(instance);
        let interface = unversioned.rsplit('/').next().unwrap_or(unversioned);
        [instance, unversioned, interface].into_iter().any(|prefix| {
            let rest = name.strip_prefix(prefix).and_then(|rest| rest.strip_prefix(['.', '#']));
            rest.is_some_and(|rest| rest == self.function || rest == plain(&self.function))
        })
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
    #[error("the component {verb}s no `{name}`; it {verb}s {}", listed(.known))]
    Unknown {
        /// `import` or `export`.
        verb: &'static str,
        /// The name.
        name: String,
        /// Similar names, or all names.
        known: Vec<String>,
    },
    /// The name is ambiguous.
    #[error("`{name}` may be any of {}; write one of these", listed(.meant))]
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
    let meant: Vec<&Item> = items.iter().filter(|item| item.answers_to(name)).collect();
    match meant[..] {
        [item] => Ok(item),
        [] => Err(NameError::Unknown { verb, name: name.into(), known: near(items, name) }),
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

/// Returns names similar to the unknown one, with their types; all names if none is similar.
fn near(items: &[Item], name: &str) -> Vec<String> {
    let all: Vec<(String, &Item)> = items.iter().map(|item| (item.name(), item)).collect();
    let words: Vec<&str> = all.iter().map(|(full, _)| full.as_str()).collect();
    let close = similar::get_close_matches(name, &words, 3, 0.6);
    let shown = all.iter().filter(|(full, _)| close.is_empty() || close.contains(&full.as_str()));
    // Include the types unless they would hide the names.
    if close.is_empty() && all.len() > MOST_TYPES {
        return words.iter().map(|word| word.to_string()).collect();
    }
    shown.map(|(full, item)| format!("{full}: {}", signature(&item.ty))).collect()
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "nothing".into(),
        _ => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    }
}
