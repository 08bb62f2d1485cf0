//! Core modules, instances and functions of a component, identified by their origin.

/// Index of a core module in [`super::component::Component::modules`].
pub(super) type ModuleId = usize;
/// Index of a core instance in [`super::component::Component::instances`].
pub(super) type InstanceId = usize;

/// A core module.
pub(super) struct Module<'a> {
    /// Name in the component's name section.
    pub name: Option<String>,
    /// The module. `None` if the component imports it.
    pub bytes: Option<&'a [u8]>,
}

/// A core instance.
pub(super) enum Instance {
    /// Instance of a module, with an instance per import module.
    Of(ModuleId, Vec<(String, InstanceId)>),
    /// Instance built from exports.
    Bag(Vec<(String, Item)>),
}

/// A core item.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    /// A function.
    Func(Func),
    /// A memory, table, global or tag, as an export of an instance.
    Other(InstanceId, String),
}

/// A core function.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Func {
    /// A lowered function.
    Lower,
    /// Another canonical built-in.
    Builtin,
    /// An export of an instance of a module.
    Export(InstanceId, String),
}

/// Prefixes and names of generated modules.
const GENERATED: [&str; 3] = ["polyfill:", "wit-component-shim-module", "wit-component-fixup"];

impl Module<'_> {
    /// Returns true if an encoder generated the module.
    pub fn is_generated(&self) -> bool {
        self.name.as_ref().is_some_and(|name| GENERATED.iter().any(|generated| name.starts_with(generated)))
    }

    /// Returns the name that identifies the module.
    pub fn label(&self, id: ModuleId) -> String {
        match &self.name {
            _ if self.is_generated() => "(generated)".into(),
            Some(name) => name.strip_prefix("wit-component:adapter:").unwrap_or(name).to_string(),
            None => format!("(module {id})"),
        }
    }
}
