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
        let mut probe = probe(linker);
        self.0.iter().map(String::as_str).find(|name| define(&mut probe, name))
    }

    /// Returns the instance in which an item of an import is defined: the one that the import resolves to, or a new one
    /// of its own name. `None` for the world's root.
    pub(crate) fn place(&self, linker: &Linker<State>, instance: Option<&str>) -> Option<String> {
        instance.map(|name| self.resolve(linker, name).unwrap_or_else(|| name.to_string()))
    }

    /// Returns the instance of the linker that an import of `name` resolves to. `None` if the linker has no such
    /// instance and the host declares no compatible version.
    pub(crate) fn resolve(&self, linker: &Linker<State>, name: &str) -> Option<String> {
        if !define(&mut probe(linker), name) {
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

/// Returns a copy of the linker that rejects a second definition of a name, which serves as the test for one.
pub(crate) fn probe(linker: &Linker<State>) -> Linker<State> {
    let mut probe = linker.clone();
    probe.allow_shadowing(false);
    probe
}

/// Defines a name. Returns true if it was undefined.
fn define(probe: &mut Linker<State>, name: &str) -> bool {
    probe.root().func_new(name, |_, _, _, _| Ok(())).is_ok()
}

#[cfg(test)]
mod tests;
