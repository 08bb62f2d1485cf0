//! Compiles sources to core modules.

mod assemblyscript;
mod c;
mod cargo;
mod depfile;
mod environment;
mod go;
pub(crate) mod package;
mod rust;
mod rustc;
mod script;
mod single;
mod workshop;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

pub(crate) use workshop::Workshop;

use crate::built::Done;
use crate::discover::{Adapter, Guest, Kind, Layout};

/// Result of compiling one guest or adapter.
#[derive(Clone, Debug)]
pub(crate) struct Compiled {
    pub(crate) outcome: Outcome,
    pub(crate) done: Done,
    /// All files that were read.
    pub(crate) inputs: Vec<PathBuf>,
}

/// Module, or the reason for its absence.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    Ready(Vec<u8>),
    Ignored(String),
    Failed(String),
}

impl Compiled {
    fn failed(message: impl Into<String>, inputs: Vec<PathBuf>) -> Compiled {
        Compiled { outcome: Outcome::Failed(message.into()), done: Done::Failed, inputs }
    }

    /// Returns the result for a missing tool: ignored with the reason, or failed with `POLYFILL_REQUIRE=all`.
    fn without_tool(shop: &Workshop<'_>, reason: String, inputs: Vec<PathBuf>) -> Compiled {
        if shop.settings.require_all {
            Compiled::failed(reason, inputs)
        } else {
            Compiled { outcome: Outcome::Ignored(reason), done: Done::Ignored, inputs }
        }
    }
}

/// Compiles the named guests.
pub(crate) fn guests(shop: &Workshop<'_>, layout: &Layout, names: &BTreeSet<&str>) -> BTreeMap<String, Compiled> {
    let wanted = || layout.guests.iter().filter(|guest| names.contains(guest.name.as_str()));
    let single: Vec<&Guest> = wanted().filter(|guest| !matches!(guest.kind, Kind::Cargo { .. })).collect();
    let packages = || {
        if !wanted().any(|guest| matches!(guest.kind, Kind::Cargo { .. })) {
            return BTreeMap::new();
        }
        let packages = layout.guests.iter().filter(|guest| matches!(guest.kind, Kind::Cargo { .. }));
        let packages = packages.map(|guest| (guest.name.clone(), guest.path.clone())).collect();
        let mut compiled = cargo::build(shop, &cargo::GUESTS, &layout.root.join("guests"), &packages);
        compiled.retain(|name, _| names.contains(name.as_str()));
        compiled
    };
    // Other guests are compiled while cargo waits for the compilation of adapters.
    let (mut compiled, made) = rayon::join(packages, || {
        single.par_iter().map(|guest| (guest.name.clone(), one_guest(shop, guest))).collect::<Vec<_>>()
    });
    compiled.extend(made);
    compiled
}

fn one_guest(shop: &Workshop<'_>, guest: &Guest) -> Compiled {
    match &guest.kind {
        Kind::Rust => rustc::compile(shop, &guest.name, &guest.path),
        Kind::C(sources) => c::compile(shop, &guest.name, &guest.path, sources),
        Kind::AssemblyScript(sources) => assemblyscript::compile(shop, &guest.name, sources),
        Kind::Go { library } => go::compile(shop, &guest.name, &guest.path, *library),
        Kind::Script(script) => script::compile(shop, guest, script),
        Kind::PassedOver(reason) => Compiled {
            outcome: Outcome::Ignored(reason.clone()),
            done: Done::Ignored,
            inputs: vec![guest.path.clone()],
        },
        Kind::Module | Kind::Cargo { .. } | Kind::Reference(_) | Kind::Stub(_) => module(shop, &guest.path),
    }
}

/// Compiles all adapters that have their own code.
pub(crate) fn adapters(shop: &Workshop<'_>, layout: &Layout) -> BTreeMap<String, Compiled> {
    let adapters = || layout.adapters.iter().filter(|adapter| adapter.is_compiled());
    let packages: BTreeMap<String, PathBuf> = adapters()
        .filter(|adapter| matches!(adapter.kind, Kind::Cargo { .. }))
        .map(|adapter| (adapter.id.clone(), adapter.path.clone()))
        .collect();
    let mut compiled = BTreeMap::new();
    if !packages.is_empty() {
        compiled = cargo::build(shop, &cargo::ADAPTERS, &layout.root.join("adapters"), &packages);
    }
    let single: Vec<&Adapter> = adapters().filter(|adapter| adapter.kind == Kind::Module).collect();
    compiled.par_extend(single.par_iter().map(|adapter| (adapter.id.clone(), module(shop, &adapter.path))));
    compiled.extend(adapters().filter_map(published));
    compiled
}

/// Returns the result for an adapter that is part of the harness.
fn published(adapter: &Adapter) -> Option<(String, Compiled)> {
    let Kind::Reference(reference) = adapter.kind else { return None };
    let wasm = reference.wasm().to_vec();
    Some((adapter.id.clone(), Compiled { outcome: Outcome::Ready(wasm), done: Done::Reused, inputs: Vec::new() }))
}

/// Reads a prebuilt module. It needs no record.
fn module(shop: &Workshop<'_>, path: &Path) -> Compiled {
    let inputs = vec![path.to_path_buf()];
    match crate::module::read(path) {
        Ok(wasm) => Compiled { outcome: Outcome::Ready(wasm), done: Done::Reused, inputs },
        Err(error) => Compiled::failed(shop.scrub(&error.to_string()), inputs),
    }
}
