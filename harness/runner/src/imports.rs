//! Is everything there that a component imports? All that is missing, before anything is instantiated.

use std::fmt;
use std::sync::Arc;

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, InstancePre, Linker, ResourceType};

use crate::backtrace;
use crate::host::State;
use crate::skew::{self, Origin, Skew};
use crate::values::signature;

/// Imports that nothing gives, or gives with another type.
#[derive(Debug)]
pub(crate) struct Unmet {
    host: String,
    /// Names and types of what is missing.
    missing: Vec<String>,
    /// Of these, the interfaces with versions.
    skews: Vec<Skew>,
    /// What wasmtime says, if nothing is missing.
    refusal: String,
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.missing.is_empty() {
            return write!(f, "the imports do not fit what host `{}` gives: {}", self.host, self.refusal);
        }
        writeln!(f, "the component imports what nothing gives it on host `{}`:", self.host)?;
        for import in &self.missing {
            writeln!(f, "  {import}")?;
        }
        for skew in &self.skews {
            writeln!(f, "{skew}")?;
        }
        f.write_str(
            "answer these by `[[import]]` in a case file, or name a host that has them (`hosts`, `--host`); or let Rust \
             code answer them (`Runner::imports`), with `host-code = true` in the cases that need it",
        )
    }
}

/// The component with all its imports from the linker.
pub(crate) fn linked(
    host: &str,
    linker: &Linker<State>,
    component: &Component,
    origin: Origin<'_>,
) -> Result<InstancePre<State>, Unmet> {
    linker.instantiate_pre(component).map_err(|error| {
        let missing = missing(linker, component).unwrap_or_default();
        let skews = skew::skews(linker, &missing, origin);
        let mut missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
        missing.sort();
        Unmet { host: host.into(), missing, skews, refusal: backtrace::message(&error) }
    })
}

/// A function or resource that the component imports and the linker does not have.
pub(crate) struct Missing {
    /// The instance it is in; `None` at the world's root.
    pub instance: Option<String>,
    /// Its name there.
    pub name: String,
    /// What it is.
    pub item: ComponentItem,
    /// All that the component imports from there.
    pub siblings: Arc<[(String, ComponentItem)]>,
}

/// Its full name and type.
impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(instance) = &self.instance {
            write!(f, "{instance}.")?;
        }
        match &self.item {
            ComponentItem::ComponentFunc(function) => write!(f, "{}: {}", self.name, signature(function)),
            _ => write!(f, "{}: resource", self.name),
        }
    }
}

/// All that the linker lacks, in the order of the imports.
///
/// A linker can't be asked what it holds, but says so when a name is defined twice. And it satisfies an import of one version
/// by a compatible one, if it has nothing of the wanted one.
pub(crate) fn missing(linker: &Linker<State>, component: &Component) -> wasmtime::Result<Vec<Missing>> {
    let mut probe = linker.clone();
    probe.allow_shadowing(false);

    let engine = component.engine();
    let ty = component.component_type();
    let mut resources = Vec::new();
    let mut missing = Vec::new();
    for (import, item) in ty.imports(engine) {
        let (instance, items) = match item.ty {
            ComponentItem::ComponentInstance(instance) => {
                let exports = instance.exports(engine).map(|(name, export)| (name.to_string(), export.ty));
                (Some(import.to_string()), exports.collect())
            }
            item => (None, vec![(import.to_string(), item)]),
        };
        let siblings: Arc<[(String, ComponentItem)]> = items.into();
        let place =
            instance.as_deref().and_then(|name| skew::counterpart(linker, name, &siblings)).or(instance.clone());
        for (name, item) in siblings.iter() {
            // One that an interface has from another one is defined there only.
            if let ComponentItem::Resource(ty) = item
                && resources.contains(ty)
            {
                continue;
            }
            if let ComponentItem::Resource(ty) = item {
                resources.push(*ty);
            }
            if define(&mut probe, place.as_deref(), name, item)? {
                let (name, item) = (name.clone(), item.clone());
                missing.push(Missing { instance: instance.clone(), name, item, siblings: siblings.clone() });
            }
        }
    }
    Ok(missing)
}

/// Whether the name was free.
pub(crate) fn define(
    linker: &mut Linker<State>,
    instance: Option<&str>,
    name: &str,
    item: &ComponentItem,
) -> wasmtime::Result<bool> {
    let mut instance = match instance {
        Some(instance) => linker.instance(instance)?,
        None => linker.root(),
    };
    Ok(match item {
        ComponentItem::ComponentFunc(_) => instance.func_new(name, |_, _, _, _| Ok(())).is_ok(),
        ComponentItem::Resource(_) => instance.resource(name, ResourceType::host::<()>(), |_, _| Ok(())).is_ok(),
        _ => false,
    })
}
