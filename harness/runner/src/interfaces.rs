//! Interfaces that a host declares, and their resolution as in wasmtime.
//!
//! A linker resolves an import to the instance of exactly that name, or else to the newest compatible version. It has
//! no query API: whether it defines a name can be tested, but its versions are known only from [`Host::interfaces`].

use std::collections::BTreeSet;

use polyfill_encoder::versions;
use semver::Version;
use wasmtime::component::Linker;

use crate::host::{Host, State};

/// Interfaces that a host declares.
pub(crate) struct Interfaces(BTreeSet<String>);

impl Interfaces {
    /// Returns the interfaces that the host declares.
    pub(crate) fn of(host: &dyn Host) -> Self {
        Self(host.interfaces().into_iter().collect())
    }

    /// Returns true if the host declares no interface.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the first declared interface that the host's linker does not define.
    pub(crate) fn undefined(&self, linker: &Linker<State>) -> Option<&str> {
        self.0.iter().map(String::as_str).find(|name| !is_defined(linker, name))
    }

    /// Returns the instance of the linker that an import of `name` resolves to. `None` if the linker has no such
    /// instance and the host declares no compatible version.
    pub(crate) fn resolve(&self, linker: &Linker<State>, name: &str) -> Option<String> {
        if is_defined(linker, name) {
            return Some(name.to_string());
        }
        let (interface, wanted) = versions::split_version(name)?;
        let compatible = self.versions(interface).filter(|version| versions::are_compatible(&wanted, version));
        compatible.max().map(|version| format!("{interface}@{version}"))
    }

    /// Returns the version that an import resolves to, or else the nearest version that the host declares.
    pub(crate) fn nearest(&self, linker: &Linker<State>, interface: &str, wanted: &Version) -> Option<Version> {
        let resolved = self.resolve(linker, &format!("{interface}@{wanted}"));
        let resolved = resolved.and_then(|name| Some(versions::split_version(&name)?.1));
        resolved.or_else(|| self.versions(interface).min_by_key(|version| versions::distance(wanted, version)))
    }

    /// Returns the declared versions of an interface.
    fn versions(&self, interface: &str) -> impl Iterator<Item = Version> {
        let declared = self.0.iter().filter_map(|name| versions::split_version(name));
        declared.filter(move |(name, _)| *name == interface).map(|(_, version)| version)
    }
}

/// Returns true if the linker defines exactly this name. A linker rejects a second definition of a name, which serves
/// as the test.
fn is_defined(linker: &Linker<State>, name: &str) -> bool {
    let mut probe = linker.clone();
    probe.allow_shadowing(false);
    probe.root().func_new(name, |_, _, _, _| Ok(())).is_err()
}

#[cfg(test)]
mod tests;
