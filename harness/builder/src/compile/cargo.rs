//! Builds all cargo packages of a workspace in one call, and assigns errors to packages.

mod messages;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use messages::Messages;

use super::environment::command;
use super::rust::Rust;
use super::{Compiled, Outcome, Workshop, depfile, rustc};
use crate::built::Done;
use crate::system::children;
use crate::{cache, digest};

/// Build options of one kind of package.
pub(super) struct Recipe {
    /// Name of records and target directories.
    name: &'static str,
    target: &'static str,
    flags: &'static [&'static str],
}

pub(super) const GUESTS: Recipe = Recipe { name: "guests", target: rustc::TARGET, flags: &[] };

/// Imports main's memory, and keeps the relocations, which the encoder needs to move static data and to find unused
/// data.
pub(super) const ADAPTERS: Recipe = Recipe {
    name: "adapters",
    target: "wasm32-unknown-unknown",
    flags: &["-Clink-arg=--import-memory", "-Clink-arg=--emit-relocs"],
};

/// Directories of packages, by package name.
pub(super) type Packages = BTreeMap<String, PathBuf>;

/// Builds all packages: as one workspace if `folder` has a manifest, otherwise separately.
pub(super) fn build(
    shop: &Workshop<'_>,
    recipe: &Recipe,
    folder: &Path,
    packages: &Packages,
) -> BTreeMap<String, Compiled> {
    if folder.join("Cargo.toml").is_file() {
        return build_one(shop, recipe, recipe.name, folder, packages);
    }
    let alone = packages.iter().flat_map(|(name, folder)| {
        let package = Packages::from([(name.clone(), folder.clone())]);
        build_one(shop, recipe, &format!("{}-{name}", recipe.name), folder, &package)
    });
    alone.collect()
}

fn build_one(
    shop: &Workshop<'_>,
    recipe: &Recipe,
    name: &str,
    folder: &Path,
    packages: &Packages,
) -> BTreeMap<String, Compiled> {
    try_build(shop, recipe, name, folder, packages).unwrap_or_else(|message| {
        let failed = |name: &String| (name.clone(), Compiled::failed(shop.scrub(&message), Vec::new()));
        packages.keys().map(failed).collect()
    })
}

fn try_build(
    shop: &Workshop<'_>,
    recipe: &Recipe,
    name: &str,
    folder: &Path,
    packages: &Packages,
) -> Result<BTreeMap<String, Compiled>, String> {
    let rust = shop.rust()?;
    let sources = sources(shop, folder, packages);
    let record = shop.record(&format!("cargo-{name}"));
    let key = key(shop, recipe, rust, &sources);
    if let Some(kept) = cache::look_up(&record, &key) {
        let reused = |wasm| Compiled { outcome: Outcome::Ready(wasm), done: Done::Reused, inputs: kept.inputs.clone() };
        return Ok(kept.outputs.into_iter().map(|(name, wasm)| (name, reused(wasm))).collect());
    }
    rust.need_target(shop, recipe.target)?;
    (shop.progress)(&format!("compiling the packages of {}", crate::discover::show(shop.root, folder)));
    let begun = SystemTime::now();
    let messages = call(shop, recipe, rust, folder)?;
    let mut inputs = sources;
    let mut outputs = Vec::new();
    let mut compiled = BTreeMap::new();
    for (name, package) in packages {
        let one = match messages.module(package, packages) {
            Ok((file, fresh)) => {
                let dep_info = crate::system::read_to_string(file.with_extension("d")).unwrap_or_default();
                inputs.extend(depfile::parse(&dep_info, folder));
                outputs.push((name.clone(), file.clone()));
                match crate::system::read(&file) {
                    Ok(wasm) => {
                        let done = if fresh { Done::Reused } else { Done::Made };
                        Compiled { outcome: Outcome::Ready(wasm), done, inputs: Vec::new() }
                    }
                    Err(error) => Compiled::failed(shop.scrub(&format!("`{}`: {error}", file.display())), Vec::new()),
                }
            }
            Err(message) => Compiled::failed(shop.scrub(&message), Vec::new()),
        };
        compiled.insert(name.clone(), one);
    }
    manifests(shop, &mut inputs);
    if compiled.values().all(|one| one.done != Done::Failed) {
        // Without a record, the next build calls cargo again, which only takes longer.
        let _ = cache::store(&record, &key, begun, &inputs, &outputs);
    }
    if let Some(first) = compiled.values_mut().next() {
        first.inputs = inputs;
    }
    Ok(compiled)
}

/// Calls cargo with `--locked`. If the lock file does not match the manifests, which is likely after adding a package,
/// cargo may update it, except in CI.
fn call(shop: &Workshop<'_>, recipe: &Recipe, rust: &Rust, folder: &Path) -> Result<Messages, String> {
    let locked = folder.join("Cargo.lock").is_file();
    let messages = call_once(shop, recipe, rust, folder, locked)?;
    if locked && !shop.settings.locked && messages.lock_does_not_fit() {
        return call_once(shop, recipe, rust, folder, false);
    }
    Ok(messages)
}

fn call_once(
    shop: &Workshop<'_>,
    recipe: &Recipe,
    rust: &Rust,
    folder: &Path,
    locked: bool,
) -> Result<Messages, String> {
    let mut flags = rust.remap(shop)?;
    flags.extend(recipe.flags.iter().map(|flag| flag.to_string()));
    let mut command = command(shop, &rust.cargo);
    command
        .args(["build", "--release", "--workspace", "--keep-going", "--message-format=json", "--color=never"])
        .args(["--target", recipe.target])
        .args(locked.then_some("--locked"))
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
        // One directory for all recipes: macros that guests and adapters have in common are compiled once.
        .env("CARGO_TARGET_DIR", shop.work.join("cargo"))
        .current_dir(folder);
    let output =
        children::output(&mut command).map_err(|error| format!("cannot run `{}`: {error}", rust.cargo.display()))?;
    Ok(Messages::parse(&output.stdout, &String::from_utf8_lossy(&output.stderr), output.status.success()))
}

fn key(shop: &Workshop<'_>, recipe: &Recipe, rust: &Rust, sources: &[PathBuf]) -> String {
    let mut key = digest::Parts::default();
    key.add("cargo").add(&rust.version).add(recipe.target).add(recipe.flags.join(" "));
    key.add(shop.root.as_os_str().as_encoded_bytes()).add(shop.work.as_os_str().as_encoded_bytes());
    // A new file can be a new module, binary or build script.
    for source in sources {
        key.add(source.as_os_str().as_encoded_bytes());
    }
    key.finish()
}

/// Returns the inputs of a workspace that are known without cargo; dep-info adds the others.
fn sources(shop: &Workshop<'_>, folder: &Path, packages: &Packages) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in [shop.root, folder] {
        let names = [".cargo/config.toml", "rust-toolchain.toml"];
        files.extend(names.iter().map(|name| folder.join(name)));
    }
    files.extend(["Cargo.toml", "Cargo.lock"].map(|name| folder.join(name)));
    // Libraries that members share have manifests, too.
    for entry in std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
        files.push(entry.path().join("Cargo.toml"));
    }
    for package in packages.values() {
        files.extend(["Cargo.toml", "build.rs"].map(|name| package.join(name)));
        below(&package.join("src"), &mut files);
    }
    files.retain(|file| file.is_file());
    files.sort();
    files.dedup();
    files
}

/// Adds the manifest of each package in the suite that a source belongs to: dep-info names sources only.
fn manifests(shop: &Workshop<'_>, inputs: &mut Vec<PathBuf>) {
    let mut folders: Vec<&Path> = inputs.iter().filter_map(|file| file.parent()).collect();
    folders.dedup();
    let nearest = |folder: &Path| {
        let inside = folder.ancestors().take_while(|folder| folder.starts_with(shop.root));
        inside.map(|folder| folder.join("Cargo.toml")).find(|file| file.is_file())
    };
    let found: Vec<PathBuf> = folders.into_iter().filter_map(nearest).collect();
    inputs.extend(found);
    inputs.sort();
    inputs.dedup();
}

fn below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            below(&path, files);
        } else {
            files.push(path);
        }
    }
}
