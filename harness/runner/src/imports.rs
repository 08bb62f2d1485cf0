//! Is everything there that a component imports? All that is missing, before anything is instantiated.

use std::fmt::{self, Write as _};

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, LinkerInstance, ResourceType};

use crate::backtrace;
use crate::host::State;
use crate::values::signature;

/// Imports that nothing gives, or gives with another type.
#[derive(Debug)]
pub(crate) struct Unmet {
    host: String,
    /// Names and types of what is missing.
    missing: Vec<String>,
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
        f.write_str(
            "answer these by `[[import]]` in the case file or by `Runner::imports` in the suite's test binary, \
             or name a host that has them",
        )
    }
}

/// Checks that the linker satisfies all imports.
pub(crate) fn check(host: &str, linker: &Linker<State>, component: &Component) -> Result<(), Unmet> {
    match linker.instantiate_pre(component) {
        Ok(_) => Ok(()),
        Err(error) => Err(Unmet {
            host: host.into(),
            missing: missing(linker, component).unwrap_or_default(),
            refusal: backtrace::message(&error),
        }),
    }
}

/// A linker can't be asked what it holds, but says so when a name is defined twice. And it fills in what is missing by
/// its own rules, under which an import of one version is satisfied by another: missing is what is defined then and was
/// not before.
fn missing(linker: &Linker<State>, component: &Component) -> wasmtime::Result<Vec<String>> {
    let mut before = linker.clone();
    before.allow_shadowing(false);
    let mut after = before.clone();
    after.define_unknown_imports_as_traps(component)?;

    let engine = component.engine();
    let ty = component.component_type();
    let mut missing = Vec::new();
    for (name, import) in ty.imports(engine) {
        match import.ty {
            ComponentItem::ComponentInstance(instance) => {
                for (function, export) in instance.exports(engine) {
                    let is_new = define(&mut before.instance(name)?, function, &export.ty)
                        && !define(&mut after.instance(name)?, function, &export.ty);
                    if is_new {
                        missing.push(line(&format!("{name}.{function}"), &export.ty));
                    }
                }
            }
            item => {
                if define(&mut before.root(), name, &item) && !define(&mut after.root(), name, &item) {
                    missing.push(line(name, &item));
                }
            }
        }
    }
    missing.sort();
    Ok(missing)
}

/// Whether the name was free.
fn define(linker: &mut LinkerInstance<'_, State>, name: &str, item: &ComponentItem) -> bool {
    match item {
        ComponentItem::ComponentFunc(_) => linker.func_new(name, |_, _, _, _| Ok(())).is_ok(),
        ComponentItem::Resource(_) => linker.resource(name, ResourceType::host::<()>(), |_, _| Ok(())).is_ok(),
        _ => false,
    }
}

fn line(name: &str, item: &ComponentItem) -> String {
    let mut line = format!("{name}: ");
    let _ = match item {
        ComponentItem::ComponentFunc(function) => write!(line, "{}", signature(function)),
        _ => write!(line, "resource"),
    };
    line
}
