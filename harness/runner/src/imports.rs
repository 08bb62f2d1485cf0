//! Checks that the host satisfies all imports of a component, and reports all unsatisfied imports, before
//! instantiation.

use std::fmt;

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, InstancePre, Linker, ResourceType};

use crate::backtrace;
use crate::host::{Host, State};
use crate::interfaces::{self, Interfaces};
use crate::skew::{self, Origin, Skew};
use crate::values::signature;

/// Imports that the host does not define, or defines with another type.
#[derive(Debug)]
pub(crate) struct Unmet {
    host: String,
    /// Names and types of the unsatisfied imports.
    missing: Vec<String>,
    /// Version conflicts among the unsatisfied imports.
    skews: Vec<Skew>,
    /// Message of wasmtime, if all imports are defined.
    refusal: String,
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.missing.is_empty() {
            return write!(f, "the imports do not match the definitions of host `{}`: {}", self.host, self.refusal);
        }
        writeln!(f, "unsatisfied imports on host `{}`:", self.host)?;
        for import in &self.missing {
            writeln!(f, "  {import}")?;
        }
        for skew in &self.skews {
            writeln!(f, "{skew}")?;
        }
        f.write_str(
            "help: answer them with `[[import]]` in the case, use a host that provides them (`hosts`, `--host`), or \
             implement them in Rust (`Runner::imports`, with `host-code = true` in the case)",
        )
    }
}

/// Resolves all imports of the component from the linker.
pub(crate) fn linked(
    host: &dyn Host,
    linker: &Linker<State>,
    component: &Component,
    origin: Origin<'_>,
) -> Result<InstancePre<State>, Unmet> {
    linker.instantiate_pre(component).map_err(|error| {
        let interfaces = Interfaces::of(host);
        let missing = missing(linker, &interfaces, component).unwrap_or_default();
        let skews = skew::skews(linker, &interfaces, &missing, origin);
        let mut missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
        missing.sort();
        Unmet { host: host.name().into(), missing, skews, refusal: backtrace::message(&error) }
    })
}

/// Function or resource that the component imports and the linker does not define.
pub(crate) struct Missing {
    /// Name of the instance; `None` at the world's root.
    pub instance: Option<String>,
    /// Name within the instance.
    pub name: String,
    /// Type of the item.
    pub item: ComponentItem,
}

/// Formats the full name and type.
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

/// Returns all imports that the linker lacks, in import order. A linker has no query API, but rejects duplicate
/// definitions, which this function uses as a probe. The linker satisfies an import of one version by a compatible
/// version if it lacks the exact one.
pub(crate) fn missing(
    linker: &Linker<State>,
    interfaces: &Interfaces,
    component: &Component,
) -> wasmtime::Result<Vec<Missing>> {
    let mut probe = interfaces::probe(linker);
    let engine = component.engine();
    let ty = component.component_type();
    let mut resources = Vec::new();
    let mut missing = Vec::new();
    for (import, item) in ty.imports(engine) {
        let (instance, items) = match item.ty {
            ComponentItem::ComponentInstance(instance) => {
                let exports = instance.exports(engine).map(|(name, export)| (name.to_string(), export.ty));
                (Some(import.to_string()), exports.collect::<Vec<_>>())
            }
            item => (None, vec![(import.to_string(), item)]),
        };
        let place = interfaces.place(linker, instance.as_deref());
        for (name, item) in items {
            // Skip a resource that the interface uses from another one: it is defined only there.
            if let ComponentItem::Resource(ty) = item {
                if resources.contains(&ty) {
                    continue;
                }
                resources.push(ty);
            }
            if define(&mut probe, place.as_deref(), &name, &item)? {
                missing.push(Missing { instance: instance.clone(), name, item });
            }
        }
    }
    Ok(missing)
}

/// Defines a placeholder. Returns true if the name was undefined.
fn define(
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
