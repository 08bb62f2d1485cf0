//! `adapters/`: one crate folder, or one `.wat` or `.wasm` file each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::listing::{self, CARGO_FILES, Entry};
use super::sidecar::{self, AdapterSidecar};
use super::{Adapter, Found, Kind, check_name};
use crate::compile::package;
use crate::error::BuildError;

pub(super) fn discover(found: &mut Found) -> Result<Vec<Adapter>, BuildError> {
    let folder = found.root.join("adapters");
    let mut adapters: BTreeMap<String, Adapter> = BTreeMap::new();
    let mut sidecars: Vec<(String, PathBuf)> = Vec::new();
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    for Entry { name, path, folder } in listing::list(&folder)? {
        let added = if folder {
            from_folder(found, name, path)
        } else if let Some(id) = name.strip_suffix(".wat").or_else(|| name.strip_suffix(".wasm")) {
            Some(plain(id, path, Kind::Module))
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
        if let Err(message) = check_name("an adapter", &adapter.id, true) {
            found.problem(&adapter.path, message);
        } else if adapter.id == "none" {
            found.problem(&adapter.path, "`none` stands for no adapter at all and cannot name one");
        } else if let Some(other) = adapters.get(&adapter.id) {
            let message = format!("the adapter `{}` is already there as `{}`", other.id, found.show(&other.path));
            found.problem(&adapter.path, message);
        } else {
            adapters.insert(adapter.id.clone(), adapter);
        }
    }
    for (id, path) in sidecars {
        match adapters.get_mut(&id) {
            Some(adapter) => apply_sidecar(found, adapter, &path),
            None => found.problem(&path, format!("no adapter `{id}.wat` or `{id}.wasm` beside it")),
        }
    }
    Ok(adapters.into_values().collect())
}

fn from_folder(found: &mut Found, id: String, path: PathBuf) -> Option<Adapter> {
    if !path.join("Cargo.toml").is_file() {
        found.problem(&path, "not an adapter: a folder is a crate and needs a `Cargo.toml`");
        return None;
    }
    // A crate that gives no module is there for the others to use.
    package::module_kind(&path)?;
    let mut adapter = plain(&id, path.clone(), Kind::Cargo { library: true });
    let sidecar = path.join("adapter.toml");
    if sidecar.is_file() {
        apply_sidecar(found, &mut adapter, &sidecar);
    }
    Some(adapter)
}

fn plain(id: &str, path: PathBuf, kind: Kind) -> Adapter {
    Adapter { id: id.to_string(), path, kind, fits: Default::default(), default: true, wit: None }
}

fn apply_sidecar(found: &mut Found, adapter: &mut Adapter, path: &Path) {
    let read = sidecar::read::<AdapterSidecar>(found, path).and_then(|sidecar| {
        adapter.fits = sidecar.fits;
        adapter.default = sidecar.default.unwrap_or(true);
        adapter.wit = sidecar::wit(found, path, sidecar.wit, sidecar.world)?;
        Ok(())
    });
    if let Err(message) = read {
        found.problems.push(message);
    }
}
