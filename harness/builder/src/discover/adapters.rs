//! Discovers adapters: in `adapters/` one crate or one `.wat` or `.wasm` file each, or a sidecar without code, which
//! defines an alias or a stub. The directory `adapters` of a guest has such files, too, except crates.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::listing::{self, CARGO_FILES, Entry};
use super::sidecar::{self, AdapterSidecar, Use};
use super::{Adapter, Found, Kind, alone, check_name, references};
use crate::compile::package;
use crate::error::BuildError;

/// Reads `adapters/` and the adapters in the directories of guests, `fixtures`.
pub(super) fn discover(found: &mut Found, fixtures: &[PathBuf]) -> Result<BTreeMap<String, Adapter>, BuildError> {
    let mut adapters: BTreeMap<String, Adapter> = BTreeMap::new();
    let mut sidecars: Vec<Sidecar> = Vec::new();
    let products = found.root.join("adapters");
    let directories = products.is_dir().then_some((&products, Use::Any)).into_iter();
    for (directory, using) in directories.chain(fixtures.iter().map(|directory| (directory, Use::Named))) {
        for entry in listing::list(directory)? {
            if using == Use::Any && !entry.folder && CARGO_FILES.contains(&entry.name.as_str()) {
                continue;
            }
            if let Some(id) = entry.name.strip_suffix(".toml").filter(|_| !entry.folder) {
                sidecars.push(Sidecar { id: id.to_string(), path: entry.path, using });
            } else if let Some(adapter) = with_code(found, entry, using) {
                add(found, &mut adapters, adapter);
            }
        }
    }
    // Aliases refer to adapters with code, but not to one another.
    let (beside, alone): (Vec<_>, Vec<_>) = sidecars.into_iter().partition(|file| adapters.contains_key(&file.id));
    for Sidecar { id, path, using } in beside {
        if let Some(adapter) = adapters.get_mut(&id) {
            apply_sidecar(found, adapter, &path, using);
        }
    }
    let mut aliases: BTreeMap<String, Adapter> = BTreeMap::new();
    for Sidecar { id, path, using } in alone {
        match alone::read(found, &id, &path, using, &adapters) {
            Ok(_) if aliases.contains_key(&id) => {
                found.problem(&path, format!("duplicate adapter `{id}`: another sidecar defines it"));
            }
            Ok(adapter) => drop(aliases.insert(id, adapter)),
            Err(message) => found.problems.push(message),
        }
    }
    adapters.extend(aliases);
    // Code is compiled once, under the adapter's own id.
    let published: Vec<Adapter> = adapters.values().filter_map(|adapter| references::adapter(&adapter.of)).collect();
    adapters.extend(published.into_iter().map(|adapter| (adapter.id.clone(), adapter)));
    Ok(adapters)
}

/// Returns the adapter whose code the entry is. Reports entries of an unknown kind.
fn with_code(found: &mut Found, entry: Entry, using: Use) -> Option<Adapter> {
    let Entry { name, path, folder } = entry;
    if !folder && let Some(id) = name.strip_suffix(".wat").or_else(|| name.strip_suffix(".wasm")) {
        return Some(Adapter { default: using == Use::Any, ..Adapter::plain(id, path, Kind::Module) });
    }
    match (folder, using) {
        (true, Use::Any) => return from_directory(found, name, path),
        (true, Use::Named) => {
            found.problem(&path, "unknown directory; an adapter of a guest is a `.wat`, `.wasm` or `.toml` file");
        }
        (false, Use::Any) => {
            found.problem(&path, "unknown file; an adapter is the directory of a crate, a `.wat` or a `.wasm` file")
        }
        (false, Use::Named) => found.problem(&path, "unknown file; an adapter is a `.wat` or a `.wasm` file"),
    }
    None
}

/// Adds an adapter. Reports an invalid or duplicate id.
fn add(found: &mut Found, adapters: &mut BTreeMap<String, Adapter>, adapter: Adapter) {
    if let Err(message) = check_id(&adapter.id) {
        found.problem(&adapter.path, message);
    } else if let Some(other) = adapters.get(&adapter.id) {
        let message = format!("duplicate adapter `{}`: also defined by `{}`", other.id, found.show(&other.path));
        found.problem(&adapter.path, message);
    } else {
        adapters.insert(adapter.id.clone(), adapter);
    }
}

/// Sidecar of an adapter.
struct Sidecar {
    id: String,
    path: PathBuf,
    using: Use,
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

fn from_directory(found: &mut Found, id: String, path: PathBuf) -> Option<Adapter> {
    if !path.join("Cargo.toml").is_file() {
        found.problem(&path, "not an adapter: the directory of a crate needs a `Cargo.toml`");
        return None;
    }
    // A crate without a module is a library of the others.
    package::module_kind(&path)?;
    let mut adapter = Adapter::plain(&id, path.clone(), Kind::Cargo { library: true });
    let sidecar = path.join("adapter.toml");
    if sidecar.is_file() {
        apply_sidecar(found, &mut adapter, &sidecar, Use::Any);
    }
    Some(adapter)
}

fn apply_sidecar(found: &mut Found, adapter: &mut Adapter, path: &Path, using: Use) {
    let sidecar = sidecar::read::<AdapterSidecar>(found, path);
    let applied = sidecar.and_then(|sidecar| sidecar.used(found, path, using)?.apply(found, adapter, path));
    if let Err(message) = applied {
        found.problems.push(message);
    }
}
