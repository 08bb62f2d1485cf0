//! Defines a suite: its directory, its options, and the stages of its build.

mod compiled;
mod own_adapters;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::built::{Built, Step, StepKind};
use crate::chain::AdapterChain;
use crate::compile::{self, Compiled, Workshop};
use crate::components::{Components, Encodings, Modules};
use crate::descriptor::Descriptor;
use crate::discover::{self, Layout};
use crate::error::{BuildError, Problems};
use crate::groups;
use crate::index::{Artifact, CaseEntry, Index, Trial};
use crate::output::{self, Lock};
use crate::script;
use crate::select::Filter;
use crate::settings::Settings;
use crate::side::{DEFAULT_HOST, Side};
use crate::system::threads;
use crate::trials::{self, MY_WASI_HOSTS, Trials};

/// Suite directory with `guests/`, `adapters/` and `wit/`, and the options of its build.
#[derive(Clone, Debug)]
pub struct Suite {
    root: PathBuf,
    /// Hosts of cases that name none, if set.
    hosts: Option<Vec<String>>,
    out_dir: Option<PathBuf>,
    work_dir: Option<PathBuf>,
    filter: Filter,
    sanitize: bool,
    trace: bool,
    regressions: bool,
    every_release: bool,
    /// Configurations that replace the chains and hosts of every case, if not empty.
    sides: Vec<Side>,
    profiles: bool,
    /// Adapter chains, if the directory is a `wasi-testsuite`.
    testsuite: Option<Vec<String>>,
    /// Suite directory of the adapters that these chains name.
    adapters_of: Option<PathBuf>,
    /// Settings from outside of the suite's directory, if set.
    settings: Option<Settings>,
    progress: fn(&str),
}

impl Suite {
    /// Creates a suite in a directory, with the settings in the environment ([`Settings::from_env`]).
    pub fn from_env(root: impl Into<PathBuf>) -> Suite {
        Suite::new(root).settings(Settings::from_env())
    }

    /// Creates a suite in a directory, with the default settings.
    pub fn new(root: impl Into<PathBuf>) -> Suite {
        Suite {
            root: root.into(),
            hosts: None,
            out_dir: None,
            work_dir: None,
            filter: Filter::default(),
            sanitize: false,
            trace: false,
            regressions: false,
            every_release: false,
            sides: Vec::new(),
            profiles: false,
            testsuite: None,
            adapters_of: None,
            settings: None,
            progress: |_| (),
        }
    }

    /// Sets the hosts of cases that name none. Default: `my-wasi` and `my-wasi-typed` for guests that import them, or
    /// in a suite whose adapters import them; `wasi` otherwise.
    pub fn hosts(mut self, hosts: impl IntoIterator<Item = impl Into<String>>) -> Suite {
        self.hosts = Some(hosts.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the directory for components and the index. Default: `out` in the work directory.
    pub fn out_dir(mut self, folder: impl Into<PathBuf>) -> Suite {
        self.out_dir = Some(folder.into());
        self
    }

    /// Sets the directory for compiler output and build records. Default: a directory for this suite in
    /// `target/polyfill` of the suite's directory, or of `CARGO_TARGET_DIR`.
    pub fn work_dir(mut self, folder: impl Into<PathBuf>) -> Suite {
        self.work_dir = Some(folder.into());
        self
    }

    /// Selects trials whose names contain one of the words. Guests without such a trial are not compiled, except cargo
    /// packages: these are always built together, since feature unification depends on all of them.
    pub fn filter(mut self, words: impl IntoIterator<Item = impl Into<String>>) -> Suite {
        self.filter = Filter(words.into_iter().map(Into::into).collect());
        self
    }

    /// Checks adapters in all trials, as with `sanitize = true` in every case without the key. The default output
    /// directory is then a separate one.
    pub fn sanitize(mut self, check: bool) -> Suite {
        self.sanitize = check;
        self
    }

    /// Records calls across the core boundary in all trials that have one. The default output directory is then a
    /// separate one.
    pub fn trace(mut self, trace: bool) -> Suite {
        self.trace = trace;
        self
    }

    /// Runs each chain with `reference-command`, or another published adapter without a version, through every release
    /// of it. The default output directory is then a separate one.
    pub fn every_release(mut self, every: bool) -> Suite {
        self.every_release = every;
        self
    }

    /// Selects only cases that name a bug, through every release.
    pub fn regressions(mut self, regressions: bool) -> Suite {
        self.regressions = regressions;
        self.every_release |= regressions;
        self
    }

    /// Selects only cases that have all of these configurations, and replaces the chains and hosts of each with them.
    /// The default output directory is then a separate one.
    pub fn sides(mut self, sides: impl IntoIterator<Item = Side>) -> Suite {
        self.sides = sides.into_iter().collect();
        self
    }

    /// Enables profiling of the configurations' adapters: see [`Built::profiles`].
    pub fn profiles(mut self, profiles: bool) -> Suite {
        self.profiles = profiles;
        self
    }

    /// Treats the directory as a `wasi-testsuite`: modules (`.wasm`) with JSON files next to them, in the directory
    /// and its subdirectories. Each directory with modules is a suite; `manifest.json` contains its name. Each module
    /// runs through these adapter chains, of published adapters, files, and adapters of a suite
    /// ([`Suite::adapters_of`]). Components are passed over. Default work directory: in `target` of the current
    /// directory.
    pub fn wasi_testsuite(mut self, adapters: impl IntoIterator<Item = impl Into<String>>) -> Suite {
        self.testsuite = Some(adapters.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the suite directory of the adapters that a `wasi-testsuite` runs with. Default: none.
    pub fn adapters_of(mut self, suite: impl Into<PathBuf>) -> Suite {
        self.adapters_of = Some(suite.into());
        self
    }

    /// Sets the settings from outside of the suite's directory.
    pub fn settings(mut self, settings: Settings) -> Suite {
        self.settings = Some(settings);
        self
    }

    /// Sets a function that is called with a line of text before each slow compilation.
    pub fn progress(mut self, progress: fn(&str)) -> Suite {
        self.progress = progress;
        self
    }

    /// Returns the suite's external hosts by name.
    ///
    /// # Errors
    ///
    /// Returns [`BuildError`] if a host descriptor is invalid.
    pub fn hosts_of_its_own(&self) -> Result<BTreeMap<String, Descriptor>, BuildError> {
        discover::hosts_of(&self.root)
    }

    /// Returns the suite's descriptions of import modules.
    ///
    /// # Errors
    ///
    /// Returns [`BuildError`] if a description is invalid.
    pub fn abis(&self) -> Result<Vec<polyfill_abi::Source>, BuildError> {
        discover::abis_of(&self.root)
    }

    /// Returns the suite's directory as passed to [`Suite::new`].
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Builds into `OUT_DIR` from a build script and prints cargo's rerun conditions. A guest that fails is a warning
    /// here and a failing trial later. An invalid suite ends the process with an error. Default settings: those in the
    /// environment.
    pub fn build_script(mut self) {
        self.settings.get_or_insert_with(Settings::from_env);
        script::run(self);
    }

    pub(crate) fn within_cargo(mut self, out_dir: PathBuf) -> Suite {
        let root = self.root.canonicalize().unwrap_or_else(|_| self.root.clone());
        let target = output::target_dir_around(&out_dir);
        self.work_dir.get_or_insert_with(|| output::work_dir(&target, &root));
        self.out_dir.get_or_insert(out_dir);
        self
    }

    /// Compiles, checks and encodes everything that changed since the last build, and writes the components and the
    /// index.
    ///
    /// # Errors
    ///
    /// Returns [`BuildError`] for invalid settings, an invalid suite, or a failed file operation.
    pub fn build(&self) -> Result<Built, BuildError> {
        threads::bound_rayon();
        let settings = &self.current_settings();
        if !settings.problems.is_empty() {
            return Err(BuildError::Layout(Problems(settings.problems.clone())));
        }
        let mut clock = Clock::start();
        let (mut layout, wasi_suites) = match &self.testsuite {
            Some(adapters) => discover::testsuite::discover(&self.root, adapters, self.own_adapters(adapters)?)?,
            None => (discover::discover(&self.root, self.every_release)?, Vec::new()),
        };
        if trials::may_want_published(&layout, self.hosts.as_deref()) {
            layout.add_published(self.every_release);
        }
        if self.regressions {
            layout.retain_bugs();
        }
        if !self.sides.is_empty() {
            let default = self.hosts.clone().unwrap_or_else(|| MY_WASI_HOSTS.map(String::from).to_vec());
            layout.retain_sides(&self.sides, &default)?;
        }
        let (work, out_dir) = self.folders(&layout)?;
        let _lock = Lock::take(&work)?;
        let shop = Workshop::new(&layout.root, &work, settings, self.progress);
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

        let parts = trials::Parts {
            layout: &layout,
            guests: &guests,
            adapters: &adapters,
            findings: &findings,
            hosts: self.hosts.as_deref(),
            own_trials: self.sides.is_empty(),
            filter: &self.filter,
            sanitize: self.sanitize,
            trace: self.trace,
            every_release: self.every_release,
        };
        let trials = trials::lay_out(&parts);
        let idle_runs = if self.filter.is_all() && self.sides.is_empty() && !self.regressions {
            groups::idle(&layout, &guests, &trials.used_runs)
        } else {
            Vec::new()
        };
        if !idle_runs.is_empty() {
            return Err(BuildError::Layout(Problems(idle_runs)));
        }
        let components = encodings.encode(&trials.jobs, &modules).map_err(BuildError::io("write to", &out_dir))?;
        log.extend(components.log.iter().cloned());
        encodings.close(self.filter.is_all()).map_err(BuildError::io("write to", &out_dir))?;
        clock.stage("encode");
        let looked_at = self.sides.iter().filter(|_| self.profiles);
        let profiles = looked_at.map(|side| modules.profile(&side.adapters())).collect();
        clock.stage("profiles");

        let idle_words = self.filter.idle(trials.trials.iter().map(Trial::name));
        let (left_out, guests_found) = (trials.left_out.clone(), layout.guests.len());
        let index = self.index(&layout, trials, &components);
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
            wasi_suites,
            profiles,
            inputs,
            folders,
            log,
            timings: clock.stages,
        })
    }

    fn current_settings(&self) -> Settings {
        self.settings.clone().unwrap_or_default()
    }

    /// Creates the work directory and the output directory. Returns their absolute paths.
    fn folders(&self, layout: &Layout) -> Result<(PathBuf, PathBuf), BuildError> {
        let make = |folder: PathBuf| {
            std::fs::create_dir_all(&folder)
                .and_then(|()| folder.canonicalize())
                .map_err(BuildError::io("create the directory", &folder))
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
            (self.regressions, "regressions"),
            (!self.sides.is_empty(), "compare"),
        ] {
            if chosen {
                out = format!("{out}-{word}");
            }
        }
        let out_dir = make(self.out_dir.clone().unwrap_or_else(|| work.join(out)))?;
        Ok((work, out_dir))
    }

    fn index(&self, layout: &Layout, trials: Trials, components: &Components) -> Index {
        let (hosts, abis) = (layout.hosts.clone(), layout.abis.clone());
        let published = layout.adapters.iter().filter_map(|adapter| match &adapter.kind {
            discover::Kind::Reference(reference) if adapter.id != reference.to_string() => {
                Some((adapter.id.clone(), reference.to_string()))
            }
            _ => None,
        });
        let published = published.filter(|(id, _)| polyfill_reference::find(id).is_none()).collect();
        let mut index = Index { trials: trials.trials, hosts, published, abis, ..Index::default() };
        for trial in &mut index.trials {
            if let Artifact::Component(file) | Artifact::Module(file) = &trial.artifact
                && let Some(artifact) = components.artifacts.get(file)
            {
                trial.sanitize = components.checks.get(file).cloned();
                trial.artifact = artifact.clone();
            }
        }
        let used: BTreeSet<String> = index.trials.iter().map(|trial| trial.case_key()).collect();
        for guest in &layout.guests {
            for case in &guest.cases {
                let key = format!("{}::{}", guest.name, case.name);
                if used.contains(&key) {
                    let given = case.case.clone().unwrap_or_default();
                    index.cases.insert(key, CaseEntry { source: case.source.clone(), case: given });
                }
            }
        }
        let chains: Vec<String> = index.trials.iter().map(|trial| index.resolved(&trial.adapter)).collect();
        for (trial, chain) in index.trials.iter_mut().zip(chains) {
            let case = index.cases.get(&trial.case_key());
            // Of what published adapters take only they know that it is theirs.
            let may_grow = case.is_some_and(|entry| entry.case.adapters_grow)
                || trials::is_published(&AdapterChain::parse(&chain));
            if let Some(check) = &mut trial.sanitize {
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
    [steps(StepKind::Guest, guests), steps(StepKind::Adapter, adapters)].concat()
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
