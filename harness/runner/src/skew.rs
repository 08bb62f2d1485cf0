//! Versions that do not fit together: who wants which one, and what the host has instead.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use polyfill_build::{module, reference};
use polyfill_encoder::versions;
use semver::Version;
use wasmtime::component::Linker;
use wasmtime::component::types::ComponentItem;

use crate::host::State;
use crate::imports::{Missing, define};

/// An interface of which something is missing.
#[derive(Debug)]
pub(crate) struct Skew {
    /// Its name, without the version.
    interface: String,
    /// The version that is wanted.
    wanted: Version,
    /// The adapters that import it, or the guest, as far as that is known.
    by: BTreeSet<String>,
    /// The nearest one that the host has.
    nearest: Option<Version>,
}

impl fmt::Display for Skew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is wanted in version {}", self.interface, self.wanted)?;
        if !self.by.is_empty() {
            let by: Vec<String> = self.by.iter().map(|name| format!("`{name}`")).collect();
            write!(f, " by {}", by.join(" and "))?;
        }
        match &self.nearest {
            Some(nearest) if versions::are_compatible(&self.wanted, nearest) => {
                write!(f, "; the host has {nearest}, without these")
            }
            Some(nearest) => {
                write!(f, "; the nearest that the host has is {nearest}")?;
                let is_zero = |version: &Version| (version.major, version.minor) == (0, 0);
                if !self.wanted.pre.is_empty() || !nearest.pre.is_empty() {
                    f.write_str(", and a prerelease is compatible with itself alone")
                } else if is_zero(&self.wanted) && is_zero(nearest) {
                    f.write_str(", and a version 0.0.x is compatible with itself alone")
                } else {
                    Ok(())
                }
            }
            None => write!(f, "; the host has no version of it"),
        }
    }
}

/// What a message can tell beyond the component's own imports.
#[derive(Clone, Copy)]
pub(crate) struct Origin<'a> {
    /// The component in binary form.
    pub(crate) component: &'a [u8],
    /// The stack that it was made with; empty where that is not known.
    pub(crate) stack: &'a str,
}

/// Of all that is missing, the interfaces that have versions.
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
            // A component imports the newest of compatible versions.
            let named = |name: &String| {
                let split = versions::split_version(name);
                split.is_some_and(|(other, version)| other == interface && versions::are_compatible(&wanted, &version))
            };
            modules.iter().any(named)
        };
        let by = importers.iter().filter(|(_, modules)| asks(modules)).map(|(name, _)| in_stack(name, origin.stack));
        let siblings = items.first().map_or(&[][..], |item| &item.siblings);
        let nearest = nearest(linker, &interface, &wanted, siblings, |_| true);
        Skew { by: by.collect(), nearest, interface, wanted }
    };
    interfaces.into_iter().map(skew).collect()
}

/// The name under which the linker has what a component imports by that name, in the version that it is satisfied by.
/// Nothing if the linker has none of it.
pub(crate) fn counterpart(linker: &Linker<State>, name: &str, siblings: &[(String, ComponentItem)]) -> Option<String> {
    let (interface, wanted) = versions::split_version(name)?;
    let fits = |version: &Version| versions::are_compatible(&wanted, version);
    nearest(linker, interface, &wanted, siblings, fits).map(|nearest| format!("{interface}@{nearest}"))
}

/// The adapter of the stack that a core module is; the module's own name if that does not tell.
fn in_stack(module: &str, stack: &str) -> String {
    let found = stack.split('+').find_map(|id| match reference::find(id) {
        Some(Ok(published)) => (module == reference::IMPORT_MODULE).then(|| published.to_string()),
        _ => (id.split('.').next() == Some(module)).then(|| id.to_string()),
    });
    found.unwrap_or_else(|| module.to_string())
}

/// A linker cannot be asked what it holds, but says so when a name is defined twice.
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
        // Each name once: what is tried is there from then on.
        // Of types a linker has none.
        let mut defined = siblings.iter().filter(|(_, ty)| !matches!(ty, ComponentItem::Type(_)));
        defined.any(|(name, ty)| is_there(name, ty))
    };
    let mut versions: Vec<Version> = (0..=3)
        .flat_map(|major| (0..=9).flat_map(move |minor| (0..=40).map(move |patch| Version::new(major, minor, patch))))
        // Prereleases cannot be listed, but for the one that is wanted.
        .chain([wanted.clone(), Version::new(wanted.major, wanted.minor, wanted.patch)])
        .filter(fits)
        .collect();
    versions.sort_by_cached_key(|version| versions::distance(wanted, version));
    // Each is tried once: what is tried is there from then on.
    versions.dedup();
    versions.into_iter().find(|version| has(version))
}
