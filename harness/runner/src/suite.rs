//! Runner of a suite: the index of trials, the hosts, and the configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use polyfill_builder::case::Proposal;
use polyfill_builder::index::{self, Index, NATIVE, Trial};
use polyfill_builder::system::{self, threads, variables};
use polyfill_builder::terminal;
use thiserror::Error;
use wasmtime::component::Linker;

use crate::accepted::Accepted;
use crate::bless::Blesser;
use crate::engines::{EngineKind, EngineOptions, Engines, UnknownEngine};
use crate::failure::Failure;
use crate::host::{Host, Hosts, State, descriptors};
use crate::kept::Hash;
use crate::libtest;
use crate::limits::Limits;
use crate::observe::Imports;
use crate::options::Options;
use crate::remote::Remotes;
use crate::trace::Detail;
pub use crate::verdict::{TrialResult, Verdict};

/// Error that prevents running a suite.
#[derive(Debug, Error)]
pub enum Error {
    /// The index cannot be read.
    #[error("cannot read {path}: {error}; help: build the suite")]
    Read {
        /// Path of the index.
        path: PathBuf,
        /// Cause of the error.
        error: std::io::Error,
    },
    /// The index has an incompatible format.
    #[error("{path} is not an index of this version of the harness: {error}; help: rebuild the suite")]
    Parse {
        /// Path of the index.
        path: PathBuf,
        /// Cause of the error.
        error: serde_json::Error,
    },
    /// The environment variable `POLYFILL_ENGINES` contains an unknown engine.
    #[error("POLYFILL_ENGINES: {0}")]
    Engines(UnknownEngine),
    /// External hosts sent messages after their runs, or exited with an error.
    #[error("{0}")]
    Hosts(String),
    /// `BLESS` is set in CI.
    #[error("BLESS is not allowed in CI; help: bless golden files on a local machine")]
    BlessInCi,
}

/// Runs the trials of an index.
pub struct Runner {
    pub(crate) folder: PathBuf,
    pub(crate) root: PathBuf,
    pub(crate) hosts: Hosts,
    pub(crate) imports: BTreeMap<String, Vec<Imports>>,
    pub(crate) limits: Limits,
    pub(crate) again: String,
    pub(crate) options: Options,
    /// Overrides [`Options::bless`].
    bless: Option<bool>,
    pub(crate) detail: Detail,
    pub(crate) accepted: Accepted,
    pub(crate) proposals: BTreeSet<Proposal>,
    pub(crate) cache: PathBuf,
    /// Overrides [`Options::engines`].
    kinds: Option<Vec<EngineKind>>,
    /// Engines in addition to those of all trials.
    added_kinds: Vec<EngineKind>,
    pub(crate) engines: Engines,
    pub(crate) linkers: Mutex<Linkers>,
    /// Hashes of the index's files.
    pub(crate) hashes: Mutex<BTreeMap<String, Hash>>,
    pub(crate) blesser: OnceLock<Blesser>,
    pub(crate) remotes: Remotes,
    pub(crate) keep: Option<Box<Keep>>,
}

/// Failure hook. Returns a line for the report.
pub(crate) type Keep = dyn Fn(&Failure<'_>) -> Option<String> + Send + Sync;

/// Hosts' functions, by engine and host.
pub(crate) type Linkers = BTreeMap<(EngineOptions, String), Arc<Linker<State>>>;

impl Runner {
    /// Creates a runner for the index in a directory, with the built-in hosts and the default options.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        Self {
            cache: folder.join("compiled"),
            folder,
            root: PathBuf::from("."),
            hosts: Hosts::default(),
            imports: BTreeMap::new(),
            limits: Limits::default(),
            again: "cargo test --test suite -- --exact".into(),
            options: Options::default(),
            bless: None,
            detail: Detail::Off,
            accepted: Accepted::default(),
            proposals: BTreeSet::new(),
            kinds: None,
            added_kinds: Vec::new(),
            engines: Engines::default(),
            linkers: Mutex::default(),
            hashes: Mutex::default(),
            blesser: OnceLock::new(),
            remotes: Remotes::default(),
            keep: None,
        }
    }

    /// Sets the suite's root, to which the paths of cases and golden files are relative. Used by blessing. Default: the
    /// current directory.
    pub fn root(mut self, root: impl Into<PathBuf>) -> Self {
        self.root = root.into();
        self
    }

    /// Sets the options from outside of the suite. [`Runner::bless`] and [`Runner::engines`] override them.
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Adds a host, replacing a host of the same name.
    pub fn host(mut self, host: impl Host + 'static) -> Self {
        self.hosts.add(host);
        self
    }

    /// Sets the engines to run trials on. With `winch`, for example, a trial on host `wasi` also exists as
    /// `wasi/winch`. Default: [`Options::engines`].
    pub fn engines(mut self, kinds: impl IntoIterator<Item = EngineKind>) -> Self {
        self.kinds = Some(kinds.into_iter().collect());
        self
    }

    /// Adds the engine that a trial's name requests, if any.
    pub fn on_engine_of(mut self, name: &str) -> Self {
        self.engine_in(name);
        self
    }

    /// Adds the engines that trial names, or suffixes of them, request: the trial `wasi/winch` exists only if that
    /// engine is selected.
    pub(crate) fn engine_in(&mut self, name: &str) {
        self.added_kinds.extend(EngineKind::at_end(name).map(|(_, kind)| kind));
    }

    /// Returns the engines of trials that name none, without duplicates.
    fn engine_kinds(&self) -> Vec<EngineKind> {
        let mut kinds = self.kinds.clone().or(self.options.engines.clone()).unwrap_or(vec![EngineKind::default()]);
        for kind in &self.added_kinds {
            if !kinds.contains(kind) {
                kinds.push(*kind);
            }
        }
        kinds
    }

    /// Adds Rust code that implements imports of one guest on every host. Its definitions take precedence over the
    /// host's. A case with `[[import]]` answers does not use it, unless the case sets `host-code = true`: then the
    /// answers take precedence over the code. Runners without the code ignore cases with that key.
    pub fn imports(
        mut self,
        guest: &str,
        add_to_linker: impl Fn(&mut Linker<State>) -> wasmtime::Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.imports.entry(guest.into()).or_default().push(Arc::new(add_to_linker));
        self
    }

    /// Sets the limits of guests.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the command that reruns one trial, without the trial's name.
    pub fn repeat(mut self, command: &str) -> Self {
        self.again = command.into();
        self
    }

    /// Enables rewriting golden files of failing trials. Default: [`Options::bless`].
    pub fn bless(mut self, bless: bool) -> Self {
        self.bless = Some(bless);
        self
    }

    /// Returns true if golden files of failing trials are rewritten.
    pub(crate) fn blesses(&self) -> bool {
        self.bless.unwrap_or(self.options.bless)
    }

    /// Sets the level of detail recorded in [`Observation::trace`](crate::Observation::trace). Calls across the core
    /// boundary are included if the suite was built with [`Suite::trace`](polyfill_builder::Suite::trace).
    pub fn trace(mut self, detail: Detail) -> Self {
        self.detail = detail;
        self
    }

    /// Sets a hook that is called for each failed trial and returns a line for its report. `polyfill_recording::keep`
    /// writes a recording.
    pub fn keep(mut self, keep: impl Fn(&Failure<'_>) -> Option<String> + Send + Sync + 'static) -> Self {
        self.keep = Some(Box::new(keep));
        self
    }

    /// Sets the violations that do not fail a trial, if adapters are checked
    /// ([`Suite::sanitize`](polyfill_builder::Suite::sanitize)).
    pub fn accepted(mut self, accepted: Accepted) -> Self {
        self.accepted = accepted;
        self
    }

    /// Enables proposals of core WebAssembly in all trials, in addition to those of each case.
    pub fn proposals(mut self, proposals: impl IntoIterator<Item = Proposal>) -> Self {
        self.proposals.extend(proposals);
        self
    }

    /// Sets the cache directory of compiled components. Default: the directory `compiled` next to the index.
    pub fn cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache = folder.into();
        self
    }

    /// Runs as a test binary: with the arguments, output and exit code of libtest, and with the options in the
    /// environment ([`Options::from_env`]), which replace those of [`Runner::options`].
    pub fn run(self) -> ExitCode {
        let arguments = libtest_mimic::Arguments::from_args();
        match Options::from_env() {
            Ok(options) => self.options(options).run_with(&arguments),
            Err(error) => {
                terminal::note(&format!("error: {error}"));
                ExitCode::from(libtest::ERROR)
            }
        }
    }

    /// Runs like [`Runner::run`] with parsed arguments, without reading the environment.
    pub fn run_with(self, arguments: &libtest_mimic::Arguments) -> ExitCode {
        libtest::run(self, arguments)
    }

    /// Returns the directory of the index.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Reads the index.
    ///
    /// # Errors
    ///
    /// An error if the index cannot be read, or golden files are to be rewritten in CI.
    pub fn index(&self) -> Result<Index, Error> {
        if self.blesses() && self.options.ci {
            return Err(Error::BlessInCi);
        }
        let path = self.folder.join(index::FILE);
        let json = match system::read(&path) {
            Ok(json) => json,
            Err(error) => return Err(Error::Read { path, error }),
        };
        let mut index: Index = serde_json::from_slice(&json).map_err(|error| Error::Parse { path, error })?;
        self.spread(&mut index);
        Ok(index)
    }

    /// Expands each trial to each engine, except for trials that the case excludes.
    fn spread(&self, index: &mut Index) {
        let kinds = self.engine_kinds();
        if kinds == [EngineKind::default()] {
            return;
        }
        let cases = &index.cases;
        let on_all = |trial: Trial| {
            let on = |kind: &EngineKind| Trial { host: kind.on(&trial.host), ..trial.clone() };
            let left_out = |trial: &Trial| {
                cases.get(&trial.case_key()).is_some_and(|entry| entry.case.leaves_out(&trial.adapter, &trial.host))
            };
            // External hosts have their own engines.
            let ours = trial.host == NATIVE || self.hosts.get(&trial.host).is_some();
            let spread = if ours { kinds.iter().map(on).collect() } else { vec![trial] };
            spread.into_iter().filter(move |trial| !left_out(trial))
        };
        let mut trials: Vec<Trial> = std::mem::take(&mut index.trials).into_iter().flat_map(on_all).collect();
        trials.sort_by_cached_key(Trial::name);
        index.trials = trials;
    }

    /// Runs the selected trials on `threads` threads (0: one per core). Calls `done` with each result as it arrives.
    /// Returns all results in index order.
    ///
    /// # Errors
    ///
    /// Fails like [`Runner::index`]. Failed trials are results, not errors.
    pub fn run_trials(
        &self,
        wanted: impl Fn(&Trial) -> bool,
        threads: usize,
        done: impl FnMut(&TrialResult) + Send,
    ) -> Result<Vec<TrialResult>, Error> {
        let index = self.index()?;
        let trials: Vec<&Trial> = index.trials.iter().filter(|trial| wanted(trial)).collect();
        let threads = match threads {
            0 => threads::processors(),
            threads => threads::bounded(threads),
        };
        descriptors::expect_runs(threads);
        let done = Mutex::new(done);
        Ok(threads::map(threads, trials, |trial| {
            let result = self.run_trial(&index, trial);
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            (*done)(&result);
            result
        }))
    }
}

impl Runner {
    /// Ends the processes of external hosts. Call it after all trials have run.
    ///
    /// # Errors
    ///
    /// Fails if a host sent messages after its last run, or exited with a status other than 0 at the end of its input.
    pub fn finish_hosts(&self) -> Result<(), Error> {
        self.remotes.finish().map_err(Error::Hosts)
    }
}

/// Returns the current `OUT_DIR`, or its value at compile time if it is not set.
pub fn out_dir(compiled: &str) -> PathBuf {
    now("OUT_DIR", compiled)
}

/// Returns the current `CARGO_MANIFEST_DIR`, or its value at compile time if it is not set.
pub fn root_dir(compiled: &str) -> PathBuf {
    now("CARGO_MANIFEST_DIR", compiled)
}

fn now(variable: &str, compiled: &str) -> PathBuf {
    variables::variable(variable).map_or_else(|| Path::new(compiled).to_path_buf(), PathBuf::from)
}
