//! Features of WIT: which `@unstable` items are wanted.

use std::collections::BTreeSet;

use wit_parser::{Resolve, Stability, WorldItem};

/// The features whose items are taken from WIT. An item with `@unstable(feature = ..)` of another one is left out, as if it
/// was not written there; an item with `@since`, or without any gate, is always taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features {
    names: BTreeSet<String>,
    all: bool,
}

/// In a list of features, it stands for all of them.
const ALL: &str = "*";

impl Features {
    /// These; `*` among them stands for all.
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

    /// All that there are.
    pub fn all() -> Features {
        Features { names: BTreeSet::new(), all: true }
    }

    /// These and others.
    #[must_use]
    pub fn and(&self, others: &Features) -> Features {
        Features { names: &self.names | &others.names, all: self.all || others.all }
    }

    /// The names that are asked for and that no WIT has, given those that it has.
    pub fn missing<'f>(&'f self, known: &'f BTreeSet<String>) -> impl Iterator<Item = &'f str> {
        self.names.difference(known).map(String::as_str)
    }

    /// The features among those that WIT has whose items are left out.
    pub fn left_out(&self, known: &BTreeSet<String>) -> Vec<String> {
        if self.all { Vec::new() } else { known.difference(&self.names).cloned().collect() }
    }

    /// What WIT is parsed into.
    pub(crate) fn resolve(&self) -> Resolve {
        let features = self.names.iter().cloned().collect();
        Resolve { features, all_features: self.all, ..Resolve::default() }
    }

    /// A word for keys and digests.
    pub(crate) fn word(&self) -> String {
        let all = self.all.then_some(ALL);
        all.into_iter().chain(self.names.iter().map(String::as_str)).collect::<Vec<_>>().join(",")
    }
}

/// The features by which anything is gated in WIT that was parsed with all of them.
pub(crate) fn known(resolve: &Resolve) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    let mut note = |stability: &Stability| {
        if let Stability::Unstable { feature, .. } = stability {
            known.insert(feature.clone());
        }
    };
    for (_, interface) in resolve.interfaces.iter() {
        note(&interface.stability);
        interface.functions.values().for_each(|function| note(&function.stability));
    }
    resolve.types.iter().for_each(|(_, ty)| note(&ty.stability));
    for (_, world) in resolve.worlds.iter() {
        note(&world.stability);
        for item in world.imports.values().chain(world.exports.values()) {
            match item {
                WorldItem::Interface { stability, .. } => note(stability),
                WorldItem::Function(function) => note(&function.stability),
                WorldItem::Type { .. } => {}
            }
        }
    }
    known
}
