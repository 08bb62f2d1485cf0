//! Selects WIT features, that is, the `@unstable` items to include.

use std::collections::{BTreeMap, BTreeSet};

use polyfill_encoder::Error;
use wit_parser::{Resolve, Stability, WorldItem, WorldKey};

/// Enabled WIT features. Items with `@unstable(feature = ..)` of other features are omitted. Items with `@since`, or
/// without a gate, are always included. See
/// [WIT](https://github.com/WebAssembly/component-model/blob/main/design/mvp/WIT.md).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features {
    names: BTreeSet<String>,
    all: bool,
}

/// Name that enables all features.
const ALL: &str = "*";

impl Features {
    /// Returns the named features; `*` enables all.
    pub fn of<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> Features {
        let mut features = Features::default();
        for name in names {
            match name.as_ref() {
                ALL => features.all = true,
                name => drop(features.names.insert(name.to_string())),
            }
        }
        features
    }

    /// Returns all features.
    pub fn all() -> Features {
        Features { names: BTreeSet::new(), all: true }
    }

    /// Returns the union of two sets of features.
    #[must_use]
    pub fn and(&self, others: &Features) -> Features {
        Features { names: &self.names | &others.names, all: self.all || others.all }
    }

    /// Returns the enabled names that no known item is gated by.
    pub fn missing<'f>(&'f self, known: &'f Gated) -> impl Iterator<Item = &'f str> {
        self.names.iter().filter(|name| !known.0.contains_key(*name)).map(String::as_str)
    }

    /// Returns the items that these features omit.
    #[must_use]
    pub fn left_out(&self, known: &Gated) -> Gated {
        let out = known.0.iter().filter(|(feature, _)| !self.all && !self.names.contains(*feature));
        Gated(out.map(|(feature, items)| (feature.clone(), items.clone())).collect())
    }

    /// Returns an empty resolve with these features enabled.
    pub(crate) fn resolve(&self) -> Resolve {
        let features = self.names.iter().cloned().collect();
        Resolve { features, all_features: self.all, ..Resolve::default() }
    }

    /// Returns a text for keys and digests.
    pub(crate) fn word(&self) -> String {
        let all = self.all.then_some(ALL);
        all.into_iter().chain(self.names.iter().map(String::as_str)).collect::<Vec<_>>().join(",")
    }
}

/// Gated WIT items: their names by feature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gated(BTreeMap<String, BTreeSet<String>>);

impl Gated {
    /// Returns the gated items of WIT that was parsed with all features.
    pub(crate) fn of(resolve: &Resolve) -> Gated {
        let mut gated = Gated::default();
        for (_, interface) in resolve.interfaces.iter() {
            gated.note(&interface.stability, interface.name.as_deref());
            interface.functions.values().for_each(|function| gated.note(&function.stability, Some(&function.name)));
        }
        resolve.types.iter().for_each(|(_, ty)| gated.note(&ty.stability, ty.name.as_deref()));
        for (_, world) in resolve.worlds.iter() {
            gated.note(&world.stability, Some(&world.name));
            for (key, item) in world.imports.iter().chain(&world.exports) {
                let name = match key {
                    WorldKey::Name(name) => Some(name.as_str()),
                    WorldKey::Interface(id) => resolve.interfaces[*id].name.as_deref(),
                };
                match item {
                    WorldItem::Interface { stability, .. } => gated.note(stability, name),
                    WorldItem::Function(function) => gated.note(&function.stability, name),
                    WorldItem::Type { .. } => {}
                }
            }
        }
        gated
    }

    fn note(&mut self, stability: &Stability, name: Option<&str>) {
        if let Stability::Unstable { feature, .. } = stability {
            self.0.entry(feature.clone()).or_default().extend(name.map(str::to_string));
        }
    }

    /// Adds the gated items of other WIT.
    pub fn add(&mut self, other: Gated) {
        for (feature, items) in other.0 {
            self.0.entry(feature).or_default().extend(items);
        }
    }

    /// Returns the names of the features.
    pub fn features(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Returns the features that may gate the item that an error reports as missing.
    pub fn missed_by<'g>(&'g self, error: &'g Error) -> impl Iterator<Item = &'g str> {
        let (module, field) = match error {
            Error::UnknownImport { import_module, field, .. } => (import_module.as_str(), field.as_str()),
            _ => ("", ""),
        };
        let interface = module.split_once('@').map_or(module, |(interface, _)| interface);
        let interface = interface.rsplit(['/', '|', ']']).next().unwrap_or_default();
        let item = field.rsplit(']').next().unwrap_or_default();
        let is_missed = move |name: &String| *name == field || *name == item || *name == interface;
        self.0.iter().filter(move |(_, items)| items.iter().any(is_missed)).map(|(feature, _)| feature.as_str())
    }
}
