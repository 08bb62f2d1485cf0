//! `adapters/`: one crate folder, or one `.wat` or `.wasm` file each; or a sidecar alone, which makes another adapter of
//! one that is there, or a stub.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::listing::{self, CARGO_FILES, Entry};
use super::sidecar::{self, AdapterSidecar};
use super::{Adapter, Found, Kind, alone, check_name, references};
use crate::compile::package;
use crate::error::BuildError;

pub(super) fn discover(found: &mut Found) -> Result<BTreeMap<String, Adapter>, BuildError> {
    let folder = found.root.join("adapters");
    let mut adapters: BTreeMap<String, Adapter> = BTreeMap::new();
    let mut sidecars: Vec<(String, PathBuf)> = Vec::new();
    if !folder.is_dir() {
        return Ok(adapters);
    }
    for Entry { name, path, folder } in listing::list(&folder)? {
        let added = if folder {
            from_folder(found, name, path)
        } else if let Some(id) = name.strip_suffix(".wat").or_else(|| name.strip_suffix(".wasm")) {
            Some(Adapter::plain(id, path, Kind::Module))
        } else if CARGO_FILES.contains(&name.as_str()) {
            None
        } else if let Some(id) = name.strip_suffix(".toml") {
            sidecars.push((id.to_string(), path));
            None
        } else {
            found.problem(&path, "unknown file; an adapter is a crate's folder, a `.wat` or a `.wasm` file");
            None
        };
        let Some(adapter) = added else { continue };
        if let Err(message) = check_id(&adapter.id) {
            found.problem(&adapter.path, message);
        } else if let Some(other) = adapters.get(&adapter.id) {
            let message = format!("the adapter `{}` is already there as `{}`", other.id, found.show(&other.path));
            found.problem(&adapter.path, message);
        } else {
            adapters.insert(adapter.id.clone(), adapter);
        }
    }
    // Those with code first: the others can be made of them, but not of one another.
    let (beside, alone): (Vec<_>, Vec<_>) = sidecars.into_iter().partition(|(id, _)| adapters.contains_key(id));
    for (id, path) in beside {
        if let Some(adapter) = adapters.get_mut(&id) {
            apply_sidecar(found, adapter, &path);
        }
    }
    let mut made = Vec::new();
    for (id, path) in alone {
        match alone::read(found, &id, &path, &adapters) {
            Ok(adapter) => made.push((id, adapter)),
            Err(message) => found.problems.push(message),
        }
    }
    adapters.extend(made);
    // Code is compiled once, under the adapter's own id.
    let published: Vec<Adapter> = adapters.values().filter_map(|adapter| references::adapter(&adapter.of)).collect();
    adapters.extend(published.into_iter().map(|adapter| (adapter.id.clone(), adapter)));
    Ok(adapters)
}

/// An adapter's id is a part of trial names and of file names.
pub(super) fn check_id(id: &str) -> Result<(), String> {
    check_name("an adapter", id, true)?;
    if id.starts_with(polyfill_reference::PREFIX) {
        return Err(format!("`{id}` cannot name an adapter: `{}` is for published ones", polyfill_reference::PREFIX));
    }
    if id == "none" {
        return Err("`none` stands for no adapter at all and cannot name one".to_string());
    }
    Ok(())
}

fn from_folder(found: &mut Found, id: String, path: PathBuf) -> Option<Adapter> {
    if !path.join("Cargo.toml").is_file() {
        found.problem(&path, "not an adapter: a folder is a crate and needs a `Cargo.toml`");
        return None;
    }
    // A crate that gives no module is there for the others to use.
    package::module_kind(&path)?;
    let mut adapter = Adapter::plain(&id, path.clone(), Kind::Cargo { library: true });
    let sidecar = path.join("adapter.toml");
    if sidecar.is_file() {
        apply_sidecar(found, &mut adapter, &sidecar);
    }
    Some(adapter)
}

fn apply_sidecar(found: &mut Found, adapter: &mut Adapter, path: &Path) {
    let read = sidecar::read::<AdapterSidecar>(found, path).and_then(|sidecar| sidecar.apply(found, adapter, path));
    if let Err(message) = read {
        found.problems.push(message);
    }
}
