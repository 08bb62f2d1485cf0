//! Imported or exported interfaces of a world by name, in any compatible version.

use std::sync::OnceLock;

use foldhash::HashMap;
use indexmap::IndexMap;
use wit_parser::{Resolve, WorldItem, WorldKey};

use crate::versions;

/// Interfaces by name.
#[derive(Debug)]
pub(crate) struct Interfaces {
    exact: IndexMap<String, WorldKey, foldhash::fast::RandomState>,
    /// By the name with the version reduced to its compatibility track. Created on first use.
    track: OnceLock<HashMap<String, WorldKey>>,
}

impl Interfaces {
    /// Collects the interfaces among a world's imports or exports.
    pub fn of(resolve: &Resolve, items: &wit_parser::IndexMap<WorldKey, WorldItem>) -> Interfaces {
        let interfaces = items.iter().filter(|(_, item)| matches!(item, WorldItem::Interface { .. }));
        let exact = interfaces.map(|(key, _)| (resolve.name_world_key(key), key.clone())).collect();
        Interfaces { exact, track: OnceLock::new() }
    }

    /// Finds the interface with this name, or with a compatible version.
    pub fn get(&self, resolve: &Resolve, name: &str) -> Option<&WorldKey> {
        self.exact.get(name).or_else(|| self.on_track(resolve, &versions::track_of(name)?))
    }

    /// Finds the interface whose name, with the version reduced to its compatibility track, is `name`.
    pub fn on_track(&self, resolve: &Resolve, name: &str) -> Option<&WorldKey> {
        let keys = || self.exact.values().map(|key| (resolve.name_canonicalized_world_key(key), key.clone()));
        self.track.get_or_init(|| keys().collect()).get(name)
    }

    /// Returns the names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.exact.keys().map(String::as_str)
    }
}
