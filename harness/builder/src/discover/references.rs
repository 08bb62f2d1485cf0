//! Discovers the published adapters that the suite names. They are part of the harness, not files of the suite.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use polyfill_reference::{Flavour, IMPORT_MODULE};

use super::{Adapter, For, Guest, Kind, Layout};
use crate::chain::{AdapterChain, REFERENCE};

/// Returns the adapters that the guests' cases name.
pub(super) fn named(guests: &[Guest]) -> BTreeMap<String, Adapter> {
    let cases = guests.iter().flat_map(|guest| &guest.cases).filter_map(|case| case.case.as_ref().ok());
    let named = cases.flat_map(|case| case.products()).flat_map(|product| product.adapters.unwrap_or_default());
    // The kind of main is not known yet.
    let stacks = named.flat_map(|stack| [true, false].map(|command| AdapterChain::parse(&stack).for_main(command)));
    let ids: BTreeSet<String> =
        stacks.flat_map(|stack| stack.adapters().map(str::to_string).collect::<Vec<_>>()).collect();
    ids.into_iter().filter_map(|id| Some((id.clone(), adapter(&id)?))).collect()
}

impl Layout {
    /// Adds the newest release, for mains that no adapter of the suite serves; with `every_release`, adds all
    /// releases.
    pub(crate) fn add_published(&mut self, every_release: bool) {
        let ids = [Flavour::Command, Flavour::Reactor].map(|flavour| format!("{REFERENCE}-{}", flavour.word()));
        let mut all: BTreeMap<String, Adapter> =
            ids.into_iter().filter_map(|id| Some((id.clone(), adapter(&id)?))).collect();
        if every_release {
            all.extend(self::every_release(&all));
        }
        all.extend(std::mem::take(&mut self.adapters).into_iter().map(|adapter| (adapter.id.clone(), adapter)));
        self.adapters = all.into_values().collect();
    }
}

/// Returns every release of the adapters that chains name without a version.
pub(super) fn every_release(adapters: &BTreeMap<String, Adapter>) -> BTreeMap<String, Adapter> {
    let flavours =
        adapters.values().filter(|adapter| matches!(adapter.kind, Kind::Reference(_)) && !adapter.id.contains('@'));
    let ids = flavours.flat_map(|adapter| {
        polyfill_reference::releases().iter().map(|release| format!("{}@{}", adapter.id, release.version))
    });
    ids.filter_map(|id| Some((id.clone(), adapter(&id)?))).collect()
}

/// Returns the adapter of this name. An unknown name is reported where it is used.
pub(super) fn adapter(id: &str) -> Option<Adapter> {
    let reference = polyfill_reference::find(id)?.ok()?;
    Some(Adapter {
        implements: vec![IMPORT_MODULE.to_string()],
        fits: match reference.flavour {
            Flavour::Command => For::Command,
            Flavour::Reactor | Flavour::Proxy => For::Reactor,
        },
        default: false,
        ..Adapter::plain(id, PathBuf::new(), Kind::Reference(reference))
    })
}
