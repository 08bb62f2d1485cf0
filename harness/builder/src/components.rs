//! Encodes core modules into components, in parallel. Each component is encoded once, and only if its inputs
//! changed.

mod key;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use polyfill_encoder::{Adapter, Source, Wit};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use self::key::{AdapterKey, CheckKey, ComponentKey, ModuleKey, Program};
use crate::built::{Done, Step, StepKind};
use crate::compile::{Compiled, Outcome, Workshop};
use crate::discover::{self, Kind, Layout};
use crate::encode::{self, Encoded};
use crate::features::{Features, Gated};
use crate::index::{Artifact, Sanitize, Stage};
use crate::profile::Profile;
use crate::trials::Job;
use crate::wit::{Reference, WitError};
use crate::{cache, digest, module, sanitize, wit};

/// Results of jobs, by the component's file.
pub(crate) struct Components {
    pub(crate) artifacts: BTreeMap<String, Artifact>,
    /// Parameters of the adapter checks, for components that are checked.
    pub(crate) checks: BTreeMap<String, Sanitize>,
    pub(crate) log: Vec<Step>,
}

/// Module of the suite. It is hashed once and its WIT is loaded once, regardless of the number of components.
pub(crate) struct Module<'a> {
    /// Name in messages: the guest's name, or the import module that an adapter implements.
    name: &'a str,
    /// Core module; empty for a stub.
    wasm: &'a [u8],
    /// Adapter, if the module is one.
    adapter: Option<&'a discover::Adapter>,
    hash: String,
    wit: Option<&'a Reference>,
    loaded: OnceLock<Result<Option<Wit>, String>>,
}

/// All compiled modules.
pub(crate) struct Modules<'a> {
    guests: BTreeMap<&'a str, Module<'a>>,
    adapters: BTreeMap<&'a str, Module<'a>>,
}

impl<'a> Modules<'a> {
    pub(crate) fn new(
        layout: &'a Layout,
        guests: &'a BTreeMap<String, Compiled>,
        adapters: &'a BTreeMap<String, Compiled>,
    ) -> Modules<'a> {
        let guest_modules = layout.guests.iter().filter_map(|guest| {
            let wasm = wasm(guests.get(&guest.name)?)?;
            Some((guest.name.as_str(), Module::new(&guest.name, wasm, None, guest.wit.as_ref())))
        });
        let adapter_modules = layout.adapters.iter().filter_map(|adapter| {
            let wasm = match adapter.kind {
                Kind::Stub(_) => &[],
                _ => wasm(adapters.get(&adapter.of)?)?,
            };
            Some((adapter.id.as_str(), Module::new(adapter.module(), wasm, Some(adapter), adapter.wit.as_ref())))
        });
        Modules { guests: guest_modules.collect(), adapters: adapter_modules.collect() }
    }

    /// Profiles the adapters of a configuration. Returns `None` without adapters, or if one of them is unavailable.
    pub(crate) fn profile(&self, ids: &[String]) -> Option<Profile> {
        let modules: Vec<&Module<'_>> = ids.iter().map(|id| self.adapters.get(id.as_str())).collect::<Option<_>>()?;
        let adapters: Vec<Adapter<'_>> =
            modules.iter().map(|module| module.adapter(&Features::default()).ok()).collect::<Option<_>>()?;
        let wasm: Vec<&[u8]> = modules.iter().map(|module| module.wasm).collect();
        (!ids.is_empty()).then(|| Profile::of(&ids.join("+"), &adapters, &wasm))
    }

    /// Returns the modules that an adapter imports from and that other adapters implement.
    fn served(&self, module: &Module<'_>) -> BTreeSet<String> {
        let others = || self.adapters.values().filter_map(|other| other.adapter);
        let others = || others().filter(|other| module.adapter.is_none_or(|adapter| other.of != adapter.of));
        let imports = module::facts(module.wasm).imports.into_iter();
        imports.filter(|import| others().any(|other| other.serves(import))).collect()
    }
}

fn wasm(compiled: &Compiled) -> Option<&[u8]> {
    match &compiled.outcome {
        Outcome::Ready(wasm) => Some(wasm),
        Outcome::Ignored(_) | Outcome::Failed(_) => None,
    }
}

impl<'a> Module<'a> {
    fn new(
        name: &'a str,
        wasm: &'a [u8],
        adapter: Option<&'a discover::Adapter>,
        wit: Option<&'a Reference>,
    ) -> Module<'a> {
        let hash = ModuleKey {
            name,
            wasm: digest::of(wasm),
            wit: wit.map(Reference::digest),
            adapter: adapter.map(AdapterKey::of),
        };
        Module { name, wasm, adapter, hash: key::hash(&hash), wit, loaded: OnceLock::new() }
    }

    fn wit(&self) -> Result<Option<&Wit>, String> {
        let load = || self.wit.map(|wit| wit.load(&Features::default()).map_err(|error| error.to_string())).transpose();
        self.loaded.get_or_init(load).as_ref().map(Option::as_ref).map_err(String::clone)
    }

    /// Loads its WIT with additional features.
    fn wit_with(&self, features: &Features) -> Result<Option<Wit>, String> {
        if *features == Features::default() {
            return Ok(self.wit()?.cloned());
        }
        self.wit.map(|wit| wit.load(features).map_err(|error| error.to_string())).transpose()
    }

    fn source(&self, features: &Features) -> Result<Source<'_>, String> {
        Ok(Source { name: self.name.to_string(), wasm: self.wasm, wit: self.wit_with(features)? })
    }

    /// Returns the problems of an adapter.
    fn check(&self, served: &BTreeSet<String>) -> Vec<String> {
        let is_served = |module: &str| served.contains(module);
        self.adapter(&Features::default())
            .map_or_else(|error| vec![error], |adapter| encode::check(&adapter, is_served))
    }

    fn adapter(&self, features: &Features) -> Result<Adapter<'_>, String> {
        let wit = self.wit_with(features)?;
        Ok(match (self.adapter.map(|adapter| (&adapter.kind, adapter)), wit) {
            (Some((Kind::Stub(answer), _)), Some(wit)) => Adapter::stub(wit, *answer),
            (Some((_, adapter)), wit) => Adapter::new(self.name, self.wasm)
                .with_wit(wit)
                .implementing(&adapter.implements)
                .in_form(adapter.form)
                .with_stack(adapter.stack),
            (None, wit) => Adapter::new(self.name, self.wasm).with_wit(wit),
        })
    }
}

/// Record of all components of an output directory.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    components: BTreeMap<String, Entry>,
    checks: BTreeMap<String, Entry>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    key: String,
    outcome: Kept,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kept {
    /// Hash of the component, and the parameters of its memory checks.
    Component {
        hash: String,
        check: Sanitize,
    },
    Failed {
        stage: Stage,
        message: String,
    },
    Findings(Vec<String>),
}

/// Record of an output directory, open for one build.
pub(crate) struct Encodings<'a> {
    shop: &'a Workshop<'a>,
    out_dir: &'a Path,
    file: PathBuf,
    old: Record,
    new: Record,
    program: Program,
}

impl<'a> Encodings<'a> {
    pub(crate) fn open(shop: &'a Workshop<'a>, out_dir: &'a Path) -> Encodings<'a> {
        let name = digest::of(out_dir.as_os_str().as_encoded_bytes());
        let file = shop.record(&format!("components-{}", &name[..8]));
        let old: Record =
            crate::system::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Encodings { shop, out_dir, file, old, new: Record::default(), program: Program::current() }
    }

    /// Returns the problems of each of these adapters, by id.
    pub(crate) fn check(
        &mut self,
        ids: &BTreeSet<&str>,
        modules: &Modules<'_>,
        log: &mut Vec<Step>,
    ) -> BTreeMap<String, String> {
        let mut bad = BTreeMap::new();
        for (id, module) in modules.adapters.iter().filter(|(id, _)| ids.contains(*id)) {
            let served = modules.served(module);
            let key = CheckKey { program: &self.program, adapter: &module.hash, served: &served };
            let key = key::hash(&key);
            let kept = self.old.checks.get(*id).filter(|entry| entry.key == key).map(|entry| entry.outcome.clone());
            let (findings, reused) = match kept {
                Some(Kept::Findings(findings)) => (findings, true),
                _ => {
                    let findings = module.check(&served);
                    (findings.iter().map(|finding| self.shop.scrub(finding)).collect(), false)
                }
            };
            let done = match (findings.is_empty(), reused) {
                (false, _) => Done::Failed,
                (true, true) => Done::Reused,
                (true, false) => Done::Made,
            };
            log.push(Step { what: StepKind::Check, name: id.to_string(), done });
            if !findings.is_empty() {
                bad.insert(id.to_string(), findings.join("\n"));
            }
            self.new.checks.insert(id.to_string(), Entry { key, outcome: Kept::Findings(findings) });
        }
        bad
    }

    /// Encodes the components in parallel.
    pub(crate) fn encode(&mut self, jobs: &BTreeSet<Job>, modules: &Modules<'_>) -> Result<Components, std::io::Error> {
        let jobs: Vec<&Job> = jobs.iter().collect();
        let made: Vec<(String, Entry, Done)> =
            jobs.par_iter().map(|job| self.encode_one(job, modules)).collect::<Result<_, _>>()?;
        let mut components = Components { artifacts: BTreeMap::new(), checks: BTreeMap::new(), log: Vec::new() };
        for (job, (file, entry, done)) in jobs.into_iter().zip(made) {
            let artifact = match entry.outcome.clone() {
                Kept::Failed { stage, message } => Artifact::Failed { stage, message },
                _ if job.native => Artifact::Module(file.clone()),
                Kept::Component { .. } | Kept::Findings(_) => Artifact::Component(file.clone()),
            };
            if let (Kept::Component { check, .. }, true) = (&entry.outcome, job.sanitize) {
                components.checks.insert(file.clone(), check.clone());
            }
            components.artifacts.insert(file.clone(), artifact);
            components.log.push(Step { what: StepKind::Component, name: file.clone(), done });
            self.new.components.insert(file, entry);
        }
        Ok(components)
    }

    fn encode_one(&self, job: &Job, modules: &Modules<'_>) -> Result<(String, Entry, Done), std::io::Error> {
        let file = job.file();
        let path = self.out_dir.join(&file);
        let parts = job.stack.adapters().filter_map(|id| modules.adapters.get(id));
        let parts = modules.guests.get(job.guest.as_str()).into_iter().chain(parts);
        let hashes = parts.map(|part| part.hash.as_str()).collect();
        let key = key::hash(&ComponentKey::of(&self.program, job, hashes));
        if let Some(entry) = self.old.components.get(&file).filter(|entry| entry.key == key) {
            let holds = match &entry.outcome {
                Kept::Component { hash, .. } => {
                    crate::system::read(&path).is_ok_and(|bytes| digest::of(&bytes) == *hash)
                }
                Kept::Failed { .. } | Kept::Findings(_) => true,
            };
            if holds {
                return Ok((file, entry.clone(), Done::Reused));
            }
        }
        let (outcome, done) = match make(job, modules) {
            Ok(Encoded { component, growth }) => {
                cache::write(&path, &component)?;
                let main = modules.guests.get(job.guest.as_str()).map_or(&[][..], |main| main.wasm);
                (Kept::Component { hash: digest::of(&component), check: sanitize::check(main, &growth) }, Done::Made)
            }
            Err((stage, message)) => (Kept::Failed { stage, message: self.shop.scrub(&message) }, Done::Failed),
        };
        Ok((file, Entry { key, outcome }, done))
    }

    /// Writes the record. After a complete build, unused components are removed.
    pub(crate) fn close(mut self, all: bool) -> Result<(), std::io::Error> {
        for (file, entry) in std::mem::take(&mut self.old.components) {
            if self.new.components.contains_key(&file) {
                continue;
            }
            if !all {
                self.new.components.insert(file, entry);
            } else if matches!(entry.outcome, Kept::Component { .. }) {
                let _ = std::fs::remove_file(self.out_dir.join(file));
            }
        }
        cache::write(&self.file, &serde_json::to_vec_pretty(&self.new)?)
    }
}

fn make(job: &Job, modules: &Modules<'_>) -> Result<Encoded, (Stage, String)> {
    let Some(main) = modules.guests.get(job.guest.as_str()) else {
        return Err((Stage::Compile, format!("guest `{}` has no module", job.guest)));
    };
    if job.native {
        return Ok(Encoded { component: main.wasm.to_vec(), growth: Default::default() });
    }
    let features = &job.options.features();
    let parts: Vec<&Module<'_>> = job
        .stack
        .adapters()
        .filter_map(|id| modules.adapters.get(id))
        .chain(modules.guests.get(job.guest.as_str()))
        .collect();
    check_features(features, &parts).map_err(|error| (Stage::Case, error))?;
    let main = main.source(features).map_err(|error| (Stage::Case, error))?;
    let mut adapters: BTreeMap<&str, Adapter<'_>> = BTreeMap::new();
    for id in job.stack.adapters() {
        if let Some(module) = modules.adapters.get(id) {
            adapters.insert(id, module.adapter(features).map_err(|error| (Stage::Adapter, error))?);
        }
    }
    let left_out = || {
        let mut gated = Gated::default();
        parts.iter().filter_map(|part| part.wit).for_each(|wit| gated.add(wit.left_out(features)));
        gated
    };
    encode::encode(job, main, |id| adapters.get(id).cloned(), left_out).map_err(|error| (Stage::Encode, error))
}

/// Checks that each feature of a case exists in the WIT of its guest or of an adapter.
fn check_features(features: &Features, parts: &[&Module<'_>]) -> Result<(), String> {
    if *features == Features::default() {
        return Ok(());
    }
    let mut known = Gated::default();
    for reference in parts.iter().filter_map(|part| part.wit) {
        known.add(wit::gated(&reference.path).map_err(|error| error.to_string())?);
    }
    match features.missing(&known).next() {
        Some(feature) => Err(format!("`encode.features`: {}", WitError::feature(feature, &known))),
        None => Ok(()),
    }
}
