//! Version conflicts: importers, required version, and nearest version on the host.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use polyfill_builder::{module, reference};
use polyfill_encoder::versions;
use semver::Version;
use wasmtime::component::Linker;
use wasmtime::component::types::ComponentItem;

use crate::host::State;
use crate::imports::{Missing, define};

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
            None => write!(f, "; the host provides no version of it"),
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
pub(crate) fn skews(linker: &Linker<State>, missing: &[Missing], origin: Origin<'_>) -> Vec<Skew> {
    let mut interfaces: BTreeMap<(String, Version), Vec<&Missing>> = BTreeMap::new();
    for item in missing {
        if let Some((interface, version)) = item.instance.as_deref().and_then(versions::split_version) {
            interfaces.entry((interface.to_string(), version)).or_default().push(item);
        }
    }
    let importers = module::importers(origin.component);
    let skew = |((interface, wanted), items): ((String, Version), Vec<&Missing>)| {
        let asks = |modules: &BTreeSet<String>| {
            // The component imports the newest of compatible versions.
            let named = |name: &String| {
                let split = versions::split_version(name);
                split.is_some_and(|(other, version)| other == interface && versions::are_compatible(&wanted, &version))
            };
            modules.iter().any(named)
        };
        let by = importers.iter().filter(|(_, modules)| asks(modules)).map(|(name, _)| in_chain(name, origin.chain));
        let siblings = items.first().map_or(&[][..], |item| &item.siblings);
        let nearest = nearest(linker, &interface, &wanted, siblings, |_| true);
        Skew { by: by.collect(), nearest, interface, wanted }
    };
    interfaces.into_iter().map(skew).collect()
}

/// Returns the linker's compatible version of an imported instance, as a versioned name. `None` if the linker has no
/// compatible version.
pub(crate) fn counterpart(linker: &Linker<State>, name: &str, siblings: &[(String, ComponentItem)]) -> Option<String> {
    let (interface, wanted) = versions::split_version(name)?;
    let fits = |version: &Version| versions::are_compatible(&wanted, version);
    nearest(linker, interface, &wanted, siblings, fits).map(|nearest| format!("{interface}@{nearest}"))
}

/// Returns the id of the adapter in the chain that corresponds to a core module, or the module's name.
fn in_chain(module: &str, chain: &str) -> String {
    let found = chain.split('+').find_map(|id| match reference::find(id) {
        Some(Ok(published)) => (module == reference::IMPORT_MODULE).then(|| published.to_string()),
        _ => (id.split('.').next() == Some(module)).then(|| id.to_string()),
    });
    found.unwrap_or_else(|| module.to_string())
}

/// Finds the nearest version by probing: a linker rejects duplicate definitions, but has no query API.
fn nearest(
    linker: &Linker<State>,
    interface: &str,
    wanted: &Version,
    siblings: &[(String, ComponentItem)],
    fits: impl Fn(&Version) -> bool,
) -> Option<Version> {
    let mut probe = linker.clone();
    probe.allow_shadowing(false);
    let mut has = |version: &Version| {
        let name = format!("{interface}@{version}");
        let mut is_there = |item: &str, ty: &ComponentItem| !define(&mut probe, Some(&name), item, ty).unwrap_or(true);
        // A probe defines the name, so each name is probed once. Linkers do not define types.
        let mut defined = siblings.iter().filter(|(_, ty)| !matches!(ty, ComponentItem::Type(_)));
        defined.any(|(name, ty)| is_there(name, ty))
    };
    let mut versions: Vec<Version> = (0..=3)
        .flat_map(|major| (0..=9).flat_map(move |minor| (0..=40).map(move |patch| Version::new(major, minor, patch))))
        // Prereleases cannot be enumerated, except for the required version.
        .chain([wanted.clone(), Version::new(wanted.major, wanted.minor, wanted.patch)])
        .filter(fits)
        .collect();
    versions.sort_by_cached_key(|version| versions::distance(wanted, version));
    // A probe defines the name, so each version is probed once.
    versions.dedup();
    versions.into_iter().find(|version| has(version))
}
