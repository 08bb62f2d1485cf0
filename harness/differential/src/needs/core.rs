//! The core side of a component: modules, instances and functions, known by who made them.

/// A core module in [`super::component::Component::modules`].
pub(super) type ModuleId = usize;
/// A core instance in [`super::component::Component::instances`].
pub(super) type InstanceId = usize;

/// A core module.
pub(super) struct Module<'a> {
    /// The name that the component gives it, if it gives one.
    pub name: Option<String>,
    /// The module; none if the component imports it.
    pub bytes: Option<&'a [u8]>,
}

/// A core instance.
pub(super) enum Instance {
    /// Of a module, with an instance for each import module.
    Of(ModuleId, Vec<(String, InstanceId)>),
    /// Put together from items.
    Bag(Vec<(String, Item)>),
}

/// An item of the core side.
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

/// Prefixes and names of modules that encoders generate.
const GENERATED: [&str; 3] = ["polyfill:", "wit-component-shim-module", "wit-component-fixup"];

impl Module<'_> {
    /// An encoder made the module.
    pub fn is_generated(&self) -> bool {
        self.name.as_ref().is_some_and(|name| GENERATED.iter().any(|generated| name.starts_with(generated)))
    }

    /// What the module is called in needs.
    pub fn label(&self, id: ModuleId) -> String {
        match &self.name {
            _ if self.is_generated() => "(generated)".into(),
            Some(name) => name.strip_prefix("wit-component:adapter:").unwrap_or(name).to_string(),
            None => format!("(module {id})"),
        }
    }
}
