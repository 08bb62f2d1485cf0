//! Compiled component with run-independent metadata.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use polyfill_builder::module;
use wasmtime::component::types::ComponentFunc;
use wasmtime::component::{Component, InstancePre};

use crate::core_boundary;
use crate::host::State;
use crate::names::{self, Item};

/// Compiled component with its binary and the names of its imports and exports. Cloning is cheap.
#[derive(Clone)]
pub struct Program(Arc<Inner>);

struct Inner {
    component: Component,
    binary: Vec<u8>,
    names: OnceLock<Names>,
    /// Linked components by host, dropped with the program.
    linked: Mutex<BTreeMap<String, InstancePre<State>>>,
}

struct Names {
    exports: Vec<Item>,
    imports: Vec<String>,
    core_interfaces: Vec<String>,
}

impl Program {
    pub(crate) fn new(component: Component, binary: Vec<u8>) -> Self {
        Self(Arc::new(Inner { component, binary, names: OnceLock::new(), linked: Mutex::default() }))
    }

    /// Returns the compiled component.
    pub fn component(&self) -> &Component {
        &self.0.component
    }

    /// Returns the component binary.
    pub fn binary(&self) -> &[u8] {
        &self.0.binary
    }

    /// Returns the imported functions with their types, sorted by name, as shown in a trace. Excludes the reporting
    /// functions of interposition adapters.
    pub fn imported(&self) -> Vec<(String, ComponentFunc)> {
        let imports = names::imports(&self.0.component).into_iter();
        let imports = imports.filter(|item| item.instance.as_deref() != Some(core_boundary::INTERFACE));
        imports.map(|item| (item.name(), item.ty)).collect()
    }

    /// Returns the component linked with a host that satisfies all its imports. The result is cached.
    pub(crate) fn linked<E>(
        &self,
        host: &str,
        link: impl FnOnce() -> Result<InstancePre<State>, E>,
    ) -> Result<InstancePre<State>, E> {
        let known = || self.0.linked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(linked) = known().get(host) {
            return Ok(linked.clone());
        }
        let linked = link()?;
        known().insert(host.into(), linked.clone());
        Ok(linked)
    }

    /// Returns the exported functions, sorted by name.
    pub(crate) fn exports(&self) -> &[Item] {
        &self.names().exports
    }

    /// Returns the imported functions, sorted. Excludes the reporting functions of interposition adapters.
    pub(crate) fn imports(&self) -> &[String] {
        &self.names().imports
    }

    /// Returns the versioned interfaces that the core modules import, sorted.
    pub(crate) fn core_interfaces(&self) -> &[String] {
        &self.names().core_interfaces
    }

    fn names(&self) -> &Names {
        self.0.names.get_or_init(|| {
            let imports = names::imports(&self.0.component).into_iter();
            let imports = imports.filter(|item| item.instance.as_deref() != Some(core_boundary::INTERFACE));
            let interfaces: BTreeSet<String> = module::importers(&self.0.binary).into_values().flatten().collect();
            Names {
                exports: names::exports(&self.0.component),
                imports: imports.map(|item| item.name()).collect(),
                core_interfaces: interfaces
                    .into_iter()
                    .filter(|name| name.contains(':') && name.contains('@'))
                    .collect(),
            }
        })
    }
}
