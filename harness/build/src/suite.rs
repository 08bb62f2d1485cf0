//! A suite: the folder, the few choices about it, and the spine of its build.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use polyfill_encoder::Wit;

use crate::built::{AdapterModule, Built, CoreModules, Step, What};
use crate::cells::{self, Cells, MY_WASI_HOSTS};
use crate::compile::{self, Compiled, Outcome, Workshop};
use crate::components::{Components, Encodings, Modules};
use crate::descriptor::Descriptor;
use crate::discover::{self, Layout};
use crate::error::{BuildError, Problems};
use crate::features::Features;
use crate::groups;
use crate::index::{Artifact, CaseEntry, Cell, Index, Stage};
use crate::near;
use crate::output::{self, Lock};
use crate::script;
use crate::select::Filter;
use crate::settings::Settings;
use crate::side::{DEFAULT_HOST, Side};
use crate::stack::Stack;
use crate::system::threads;

/// A folder with `guests/`, `adapters/` and `wit/`, and how to build it.
#[derive(Clone, Debug)]
pub struct Suite {
    root: PathBuf,
    /// The hosts of cases that name none, if they were chosen.
    hosts: Option<Vec<String>>,
    out_dir: Option<PathBuf>,
    work_dir: Option<PathBuf>,
    filter: Filter,
    sanitize: bool,
    trace: bool,
    museum: bool,
    every_release: bool,
    /// What every case is run as, if that is not what it says itself.
    sides: Vec<Side>,
    profiles: bool,
    /// The stacks of adapters, if the folder is one of `wasi-testsuite`.
    testsuite: Option<Vec<String>>,
    settings: Settings,
    progress: fn(&str),
}

impl Suite {
    /// The suite in that folder.
    pub fn new(root: impl Into<PathBuf>) -> Suite {
        Suite {
            root: root.into(),
            hosts: None,
            out_dir: None,
            work_dir: None,
            filter: Filter::default(),
            sanitize: false,
            trace: false,
            museum: false,
            every_release: false,
            sides: Vec::new(),
            profiles: false,
            testsuite: None,
            settings: Settings::from_env(),
            progress: |_| (),
        }
    }

    /// The hosts of cases that name none. Without it, these are `my-wasi` and `my-wasi-typed` for guests that import them, or in
    /// a suite whose adapters do, and `wasi` otherwise.
    pub fn hosts(mut self, hosts: impl IntoIterator<Item = impl Into<String>>) -> Suite {
        self.hosts = Some(hosts.into_iter().map(Into::into).collect());
        self
    }

    /// The folder for components and index. Without it: `out` in the work folder.
    pub fn out_dir(mut self, folder: impl Into<PathBuf>) -> Suite {
        self.out_dir = Some(folder.into());
        self
    }

    /// The folder for what compilers write and for records of earlier builds.
    /// Without it: one for this suite in `target/polyfill` (or `CARGO_TARGET_DIR`) of the suite's folder.
    pub fn work_dir(mut self, folder: impl Into<PathBuf>) -> Suite {
        self.work_dir = Some(folder.into());
        self
    }

    /// Only trials whose names contain one of the words; guests that have no such trial are not compiled
    /// (but cargo packages always are, together, since their dependencies' features depend on each other).
    pub fn filter(mut self, words: impl IntoIterator<Item = impl Into<String>>) -> Suite {
        self.filter = Filter(words.into_iter().map(Into::into).collect());
        self
    }

    /// What adapters do is checked in all cells, as with `sanitize = true` in every case that does not have the key. Where
    /// no other folder is named, components and index go to one of their own.
    pub fn sanitize(mut self, check: bool) -> Suite {
        self.sanitize = check;
        self
    }

    /// Calls across the core boundary are reported in all cells that have one. Where no other folder is named, components and
    /// index go to one of their own.
    pub fn trace(mut self, trace: bool) -> Suite {
        self.trace = trace;
        self
    }

    /// Each stack with `reference-command` (or another published adapter without its version) through every release of it.
    /// Where no other folder is named, components and index go to one of their own.
    pub fn every_release(mut self, every: bool) -> Suite {
        self.every_release = every;
        self
    }

    /// Only cases that name a bug, through every release.
    pub fn museum(mut self, museum: bool) -> Suite {
        self.museum = museum;
        self.every_release |= museum;
        self
    }

    /// Only cases that have all of these sides, each with them in place of its own stacks and hosts. Where no other folder is
    /// named, components and index go to one of their own.
    pub fn sides(mut self, sides: impl IntoIterator<Item = Side>) -> Suite {
        self.sides = sides.into_iter().collect();
        self
    }

    /// Whether the adapters of the sides are looked at, too: [`Built::profiles`].
    pub fn profiles(mut self, profiles: bool) -> Suite {
        self.profiles = profiles;
        self
    }

    /// The folder is one of `wasi-testsuite` rather than a suite: modules (`.wasm`) with JSON beside them, in it and in its
    /// folders. Each runs through these stacks of adapters. Its work folder is in the `target` of the current folder,
    /// unless another one is named.
    pub fn wasi_testsuite(mut self, adapters: impl IntoIterator<Item = impl Into<String>>) -> Suite {
        self.testsuite = Some(adapters.into_iter().map(Into::into).collect());
        self
    }

    /// Other settings than those of the environment.
    pub fn settings(mut self, settings: Settings) -> Suite {
        self.settings = settings;
        self
    }

    /// Called with a line of text before each compilation that takes a while.
    pub fn progress(mut self, progress: fn(&str)) -> Suite {
        self.progress = progress;
        self
    }

    /// The suite's hosts that are programs, by name.
    pub fn hosts_of_its_own(&self) -> Result<BTreeMap<String, Descriptor>, BuildError> {
        discover::hosts_of(&self.root)
    }

    /// The suite's folder as it was given.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// For build scripts: builds into `OUT_DIR` and tells cargo when to do so again. A guest that fails is a warning
    /// here and a failing trial later; only a suite that makes no sense ends the process with an error.
    pub fn build_script(self) {
        script::run(self);
    }

    pub(crate) fn within_cargo(mut self, out_dir: PathBuf) -> Suite {
        let root = self.root.canonicalize().unwrap_or_else(|_| self.root.clone());
        let target = output::target_dir_around(&out_dir);
        self.work_dir.get_or_insert_with(|| output::work_dir(&target, &root));
        self.out_dir.get_or_insert(out_dir);
        self
    }

    /// Compiles, checks and encodes what has changed since the last time, and writes components and index.
    pub fn build(&self) -> Result<Built, BuildError> {
        threads::bound_rayon();
        if !self.settings.problems.is_empty() {
            return Err(BuildError::Layout(Problems(self.settings.problems.clone())));
        }
        let mut clock = Clock::start();
        let mut layout = match &self.testsuite {
            Some(adapters) => discover::testsuite::discover(&self.root, adapters)?,
            None => discover::discover(&self.root, self.every_release)?,
        };
        if cells::may_want_published(&layout, self.hosts.as_deref()) {
            layout.add_published(self.every_release);
        }
        if self.museum {
            layout.retain_bugs();
        }
        if !self.sides.is_empty() {
            let default = self.hosts.clone().unwrap_or_else(|| MY_WASI_HOSTS.map(String::from).to_vec());
            layout.retain_sides(&self.sides, &default)?;
        }
        let (work, out_dir) = self.folders(&layout)?;
        let _lock = Lock::take(&work)?;
        let shop = Workshop::new(&layout.root, &work, &self.settings, self.progress);
        let possible = || MY_WASI_HOSTS.into_iter().chain([DEFAULT_HOST]).map(String::from).collect();
        let hosts: Vec<String> = self.hosts.clone().unwrap_or_else(possible);
        let names = self.filter.guests(&layout, &hosts, self.every_release);
        clock.stage("discover");

        let (guests, adapters) =
            rayon::join(|| compile::guests(&shop, &layout, &names), || compile::adapters(&shop, &layout));
        let mut log = compile_steps(&guests, &adapters);
        clock.stage("compile");

        let modules = Modules::new(&layout, &guests, &adapters);
        let mut encodings = Encodings::open(&shop, &out_dir);
        let checked = layout.adapters.iter().filter(|adapter| adapter.default).map(|adapter| adapter.id.as_str());
        let findings = encodings.check(&checked.collect(), &modules, &mut log);
        clock.stage("check");

        let parts = cells::Parts {
            layout: &layout,
            guests: &guests,
            adapters: &adapters,
            findings: &findings,
            hosts: self.hosts.as_deref(),
            own_cells: self.sides.is_empty(),
            filter: &self.filter,
            sanitize: self.sanitize,
            trace: self.trace,
            every_release: self.every_release,
        };
        let cells = cells::lay_out(&parts);
        let idle_runs = match self.filter.is_all() && self.sides.is_empty() && !self.museum {
            true => groups::idle(&layout, &guests, &cells.used_runs),
            false => Vec::new(),
        };
        if !idle_runs.is_empty() {
            return Err(BuildError::Layout(Problems(idle_runs)));
        }
        let components = encodings.encode(&cells.jobs, &modules).map_err(BuildError::io("write to", &out_dir))?;
        log.extend(components.log.iter().cloned());
        encodings.close(self.filter.is_all()).map_err(BuildError::io("write to", &out_dir))?;
        clock.stage("encode");
        let looked_at = self.sides.iter().filter(|_| self.profiles);
        let profiles = looked_at.map(|side| modules.profile(&side.adapters())).collect();
        clock.stage("profiles");

        let idle_words = self.filter.idle(cells.cells.iter().map(Cell::name));
        let (left_out, guests_found) = (cells.left_out.clone(), layout.guests.len());
        let index = self.index(&layout, cells, &components);
        output::write_index(&out_dir, &index)?;
        clock.stage("index");
        log.sort();
        let inputs = inputs(&layout, [&guests, &adapters]);
        let folders = folders(&layout);
        Ok(Built {
            index,
            out_dir,
            left_out,
            idle_words,
            guests: guests_found,
            profiles,
            inputs,
            folders,
            log,
            timings: clock.stages,
        })
    }

    /// Compiles one guest; gives its core module, or the step that failed with its message.
    pub fn compile(&self, guest: &str) -> Result<Result<Vec<u8>, (Stage, String)>, BuildError> {
        threads::bound_rayon();
        let layout = discover::discover(&self.root, false)?;
        let Some(found) = layout.guests.iter().find(|found| found.name == guest) else {
            let hint = near::hint(guest, layout.guests.iter().map(|guest| guest.name.as_str()));
            return Err(BuildError::NoGuest { name: guest.to_string(), hint });
        };
        if !found.faults.is_empty() {
            return Ok(Err((Stage::Case, found.faults.join("\n"))));
        }
        let (work, _) = self.folders(&layout)?;
        let _lock = Lock::take(&work)?;
        let shop = Workshop::new(&layout.root, &work, &self.settings, self.progress);
        let compiled = compile::guests(&shop, &layout, &BTreeSet::from([guest])).remove(guest);
        Ok(match compiled.map(|compiled| compiled.outcome) {
            Some(Outcome::Ready(wasm)) => Ok(wasm),
            Some(Outcome::Ignored(message) | Outcome::Failed(message)) => Err((Stage::Compile, message)),
            None => Err((Stage::Compile, format!("`{guest}` was not compiled"))),
        })
    }

    /// An adapter of the suite's own, by its id; nothing where there is no such adapter, or no module of it: a stub has none, and
    /// one may not compile.
    pub fn adapter(&self, id: &str) -> Result<Option<AdapterModule>, BuildError> {
        Ok(self.adapter_with_wit(id)?.map(|(adapter, _)| adapter))
    }

    /// The same with the WIT that its sidecar names.
    pub fn adapter_with_wit(&self, id: &str) -> Result<Option<(AdapterModule, Option<Wit>)>, BuildError> {
        threads::bound_rayon();
        let layout = discover::discover(&self.root, false)?;
        let Some(adapter) = layout.adapters.iter().find(|adapter| adapter.id == id) else { return Ok(None) };
        let (work, _) = self.folders(&layout)?;
        let _lock = Lock::take(&work)?;
        let shop = Workshop::new(&layout.root, &work, &self.settings, self.progress);
        let compiled = compile::adapters(&shop, &layout).remove(&adapter.of);
        Ok(match compiled.map(|compiled| compiled.outcome) {
            Some(Outcome::Ready(wasm)) => {
                let discover::Adapter { form, stack, .. } = *adapter;
                let wit = adapter.wit.as_ref().map(|wit| wit.load(&Features::default())).transpose();
                let wit = wit.map_err(|error| BuildError::Layout(Problems(vec![error.to_string()])))?;
                Some((AdapterModule { form, stack, ..AdapterModule::plain(adapter.implements.clone(), wasm) }, wit))
            }
            Some(Outcome::Ignored(_) | Outcome::Failed(_)) | None => None,
        })
    }

    /// Compiles all guests and adapters; gives their core modules, or the messages of those that have none.
    pub fn modules(&self) -> Result<CoreModules, BuildError> {
        threads::bound_rayon();
        let layout = discover::discover(&self.root, false)?;
        let (work, _) = self.folders(&layout)?;
        let _lock = Lock::take(&work)?;
        let shop = Workshop::new(&layout.root, &work, &self.settings, self.progress);
        let names = layout.guests.iter().map(|guest| guest.name.as_str()).collect();
        let modules = |compiled: BTreeMap<String, Compiled>| {
            let module = |compiled: Compiled| match compiled.outcome {
                Outcome::Ready(wasm) => Ok(wasm),
                Outcome::Ignored(message) | Outcome::Failed(message) => Err(message),
            };
            compiled.into_iter().map(|(name, compiled)| (name, module(compiled))).collect()
        };
        Ok(CoreModules {
            guests: modules(compile::guests(&shop, &layout, &names)),
            adapters: modules(compile::adapters(&shop, &layout)),
        })
    }

    /// The work folder and the output folder, both made, both absolute.
    fn folders(&self, layout: &Layout) -> Result<(PathBuf, PathBuf), BuildError> {
        let make = |folder: PathBuf| {
            std::fs::create_dir_all(&folder)
                .and_then(|()| folder.canonicalize())
                .map_err(BuildError::io("create the folder", &folder))
        };
        let here = std::env::current_dir().unwrap_or_default();
        let base = if self.testsuite.is_some() { &here } else { &layout.root };
        let default = || output::work_dir(&output::target_dir(base), &layout.root);
        let work = make(self.work_dir.clone().unwrap_or_else(default))?;
        let mut out = "out".to_string();
        for (chosen, word) in [
            (self.sanitize, "sanitize"),
            (self.trace, "trace"),
            (self.every_release, "every-release"),
            (self.museum, "museum"),
            (!self.sides.is_empty(), "compare"),
        ] {
            if chosen {
                out = format!("{out}-{word}");
            }
        }
        let out_dir = make(self.out_dir.clone().unwrap_or_else(|| work.join(out)))?;
        Ok((work, out_dir))
    }

    fn index(&self, layout: &Layout, cells: Cells, components: &Components) -> Index {
        let mut index = Index { cells: cells.cells, hosts: layout.hosts.clone(), ..Index::default() };
        for cell in &mut index.cells {
            if let Artifact::Component(file) | Artifact::Module(file) = &cell.artifact
                && let Some(artifact) = components.artifacts.get(file)
            {
                cell.sanitize = components.checks.get(file).cloned();
                cell.artifact = artifact.clone();
            }
        }
        let used: BTreeSet<String> = index.cells.iter().map(|cell| cell.case_key()).collect();
        for guest in &layout.guests {
            for case in &guest.cases {
                let key = format!("{}::{}", guest.name, case.name);
                if used.contains(&key) {
                    let given = case.case.clone().unwrap_or_default();
                    index.cases.insert(key, CaseEntry { source: case.source.clone(), case: given });
                }
            }
        }
        for cell in &mut index.cells {
            let case = index.cases.get(&cell.case_key());
            // Of what published adapters take only they know that it is theirs.
            let may_grow =
                case.is_some_and(|entry| entry.case.adapters_grow) || cells::is_published(&Stack::parse(&cell.adapter));
            if let Some(check) = &mut cell.sanitize {
                check.adapters_grow = may_grow && check.shared;
            }
        }
        index
    }
}

fn compile_steps(guests: &BTreeMap<String, Compiled>, adapters: &BTreeMap<String, Compiled>) -> Vec<Step> {
    let steps = |what, compiled: &BTreeMap<String, Compiled>| -> Vec<Step> {
        compiled.iter().map(|(name, one)| Step { what, name: name.clone(), done: one.done }).collect()
    };
    [steps(What::Guest, guests), steps(What::Adapter, adapters)].concat()
}

fn inputs(layout: &Layout, compiled: [&BTreeMap<String, Compiled>; 2]) -> Vec<PathBuf> {
    let mut inputs = layout.inputs.clone();
    inputs.extend(compiled.iter().flat_map(|all| all.values()).flat_map(|one| one.inputs.iter().cloned()));
    inputs.sort();
    inputs.dedup();
    inputs
}

fn folders(layout: &Layout) -> Vec<PathBuf> {
    let folders = ["adapters", "guests", "hosts", "toolchains", "wit"].map(|name| layout.root.join(name));
    folders.into_iter().filter(|folder| folder.is_dir()).collect()
}

/// Durations of stages.
struct Clock {
    last: Instant,
    stages: Vec<(&'static str, Duration)>,
}

impl Clock {
    fn start() -> Clock {
        Clock { last: Instant::now(), stages: Vec::new() }
    }

    fn stage(&mut self, name: &'static str) {
        let now = Instant::now();
        self.stages.push((name, now - self.last));
        self.last = now;
    }
}
