//! Version conflicts: importers, required version, and nearest version on the host.

use std::collections::BTreeSet;
use std::fmt;

use polyfill_builder::{module, reference};
use polyfill_encoder::versions;
use semver::Version;
use wasmtime::component::Linker;

use crate::host::State;
use crate::imports::Missing;
use crate::interfaces::Interfaces;

/// Interface with unsatisfied imports.
#[derive(Debug)]
pub(crate) struct Skew {
    /// Name of the interface, without the version.
    interface: String,
    /// Required version.
    wanted: Version,
    /// Importing adapters or guest, if known.
    by: BTreeSet<String>,
    /// Nearest version on the host.
    nearest: Option<Version>,
    /// Set if the host declares its interfaces.
    is_declared: bool,
}

impl fmt::Display for Skew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is required in version {}", self.interface, self.wanted)?;
        if !self.by.is_empty() {
            let by: Vec<String> = self.by.iter().map(|name| format!("`{name}`")).collect();
            write!(f, " by {}", by.join(" and "))?;
        }
        match &self.nearest {
            Some(nearest) if versions::are_compatible(&self.wanted, nearest) => {
                write!(f, "; the host provides {nearest}, without these items")
            }
            Some(nearest) => {
                write!(f, "; the nearest version on the host is {nearest}")?;
                let is_zero = |version: &Version| (version.major, version.minor) == (0, 0);
                if !self.wanted.pre.is_empty() || !nearest.pre.is_empty() {
                    f.write_str("; a prerelease is compatible only with itself")
                } else if is_zero(&self.wanted) && is_zero(nearest) {
                    f.write_str("; a version 0.0.x is compatible only with itself")
                } else {
                    Ok(())
                }
            }
            None if self.is_declared => f.write_str("; the host provides no version of it"),
            None => f.write_str("; the host does not declare its interfaces (`Host::interfaces`)"),
        }
    }
}

/// Origin of the component, for messages.
#[derive(Clone, Copy)]
pub(crate) struct Origin<'a> {
    /// Component binary.
    pub(crate) component: &'a [u8],
    /// Adapter chain of the component; empty if unknown.
    pub(crate) chain: &'a str,
}

/// Returns the version conflicts among the unsatisfied imports.
pub(crate) fn skews(
    linker: &Linker<State>,
    interfaces: &Interfaces,
    missing: &[Missing],
    origin: Origin<'_>,
) -> Vec<Skew> {
    let instances = missing.iter().filter_map(|item| versions::split_version(item.instance.as_deref()?));
    let unmet: BTreeSet<(&str, Version)> = instances.collect();
    let importers = module::importers(origin.component);
    let skew = |(interface, wanted): (&str, Version)| {
        let asks = |modules: &BTreeSet<String>| {
            // The component imports the newest of compatible versions.
            let named = |name: &String| {
                let split = versions::split_version(name);
                split.is_some_and(|(other, version)| other == interface && versions::are_compatible(&wanted, &version))
            };
            modules.iter().any(named)
        };
        let by = importers.iter().filter(|(_, modules)| asks(modules)).map(|(name, _)| in_chain(name, origin.chain));
        Skew {
            interface: interface.to_string(),
            by: by.collect(),
            nearest: interfaces.nearest(linker, interface, &wanted),
            is_declared: !interfaces.is_empty(),
            wanted,
        }
    };
    unmet.into_iter().map(skew).collect()
}

/// Returns the id of the adapter in the chain that corresponds to a core module, or the module's name.
fn in_chain(module: &str, chain: &str) -> String {
    let found = chain.split('+').find_map(|id| match reference::find(id) {
        Some(Ok(published)) => (module == reference::IMPORT_MODULE).then(|| published.to_string()),
        _ => (id.split('.').next() == Some(module)).then(|| id.to_string()),
    });
    found.unwrap_or_else(|| module.to_string())
}
