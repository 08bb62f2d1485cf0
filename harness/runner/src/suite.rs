//! Runner of a suite: the index of trials, the hosts, and the configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use polyfill_builder::case::Proposal;
use polyfill_builder::index::{self, Index, NATIVE, Trial};
use polyfill_builder::system::{self, threads, variables};
use thiserror::Error;
use wasmtime::component::Linker;

use crate::accepted::Accepted;
use crate::bless::Blesser;
use crate::engines::{EngineKind, EngineOptions, Engines, UnknownEngine, parse_engines};
use crate::failure::Failure;
use crate::host::{Host, Hosts, State, descriptors};
use crate::kept::Hash;
use crate::libtest;
use crate::limits::Limits;
use crate::observe::Imports;
use crate::remote::Remotes;
use crate::trace::Detail;
pub use crate::verdict::{TrialResult, Verdict};

/// Environment variable that selects engines.
const ENGINES_VARIABLE: &str = "POLYFILL_ENGINES";

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
    pub(crate) bless: bool,
    pub(crate) detail: Detail,
    pub(crate) accepted: Accepted,
    pub(crate) proposals: BTreeSet<Proposal>,
    pub(crate) cache: PathBuf,
    /// Engines of trials that name none; see [`Runner::engines`].
    pub(crate) kinds: Result<Vec<EngineKind>, UnknownEngine>,
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
    /// Creates a runner for the index in a directory, with the built-in hosts.
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
            bless: variables::is_on("BLESS"),
            detail: Detail::Off,
            accepted: Accepted::default(),
            proposals: BTreeSet::new(),
            kinds: named_engines(),
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

    /// Adds a host, replacing a host of the same name.
    pub fn host(mut self, host: impl Host + 'static) -> Self {
        self.hosts.add(host);
        self
    }

    /// Sets the engines to run trials on. With `winch`, for example, a trial on host `wasi` also exists as
    /// `wasi/winch`. Default: the environment variable `POLYFILL_ENGINES` (`all`, or a comma-separated list), or
    /// Cranelift alone.
    pub fn engines(mut self, kinds: impl IntoIterator<Item = EngineKind>) -> Self {
        self.kinds = Ok(kinds.into_iter().collect());
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
        if let (Some((_, kind)), Ok(kinds)) = (EngineKind::at_end(name), &mut self.kinds)
            && !kinds.contains(&kind)
        {
            kinds.push(kind);
        }
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

    /// Enables rewriting golden files of failing trials. Default: set by the environment variable `BLESS`.
    pub fn bless(mut self, bless: bool) -> Self {
        self.bless = bless;
        self
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

    /// Runs as a test binary with the arguments, output and exit code of libtest.
    pub fn run(self) -> ExitCode {
        libtest::run(self, &libtest_mimic::Arguments::from_args())
    }

    /// Runs like [`Runner::run`], with parsed arguments.
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
    /// An error if the index cannot be read, or a setting from the environment is invalid.
    pub fn index(&self) -> Result<Index, Error> {
        if self.bless && variables::variable("CI").is_some() {
            return Err(Error::BlessInCi);
        }
        let path = self.folder.join(index::FILE);
        let json = match system::read(&path) {
            Ok(json) => json,
            Err(error) => return Err(Error::Read { path, error }),
        };
        let mut index: Index = serde_json::from_slice(&json).map_err(|error| Error::Parse { path, error })?;
        self.spread(&mut index)?;
        Ok(index)
    }

    /// Expands each trial to each engine, except for trials that the case excludes.
    fn spread(&self, index: &mut Index) -> Result<(), Error> {
        let kinds = self.kinds.as_ref().map_err(|error| Error::Engines(error.clone()))?;
        if kinds[..] == [EngineKind::default()] {
            return Ok(());
        }
        let cases = &index.cases;
        let on_all = |trial: Trial| {
            let on = |kind: &EngineKind| Trial { host: kind.on(&trial.host), ..trial.clone() };
            let left_out = |trial: &Trial| {
                cases.get(&trial.case_key()).is_some_and(|entry| entry.case.leaves_out(&trial.adapter, &trial.host))
            };
            // External hosts have their own engines.
            let ours = trial.host == NATIVE || self.hosts.get(&trial.host).is_some();
            let spread = if !ours { vec![trial] } else { kinds.iter().map(on).collect() };
            spread.into_iter().filter(move |trial| !left_out(trial))
        };
        let mut trials: Vec<Trial> = std::mem::take(&mut index.trials).into_iter().flat_map(on_all).collect();
        trials.sort_by_cached_key(Trial::name);
        index.trials = trials;
        Ok(())
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
        let next = AtomicUsize::new(0);
        let state = Mutex::new((done, BTreeMap::new()));
        thread::scope(|scope| {
            for _ in 0..threads.min(trials.len()) {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let Some(trial) = trials.get(number) else { return };
                        let result = self.run_trial(&index, trial);
                        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                        (state.0)(&result);
                        state.1.insert(number, result);
                    }
                });
            }
        });
        let (_, results) = state.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(results.into_values().collect())
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

/// Returns the engines in the environment variable `POLYFILL_ENGINES`. Default: Cranelift.
///
/// # Errors
///
/// Fails if the variable contains an unknown engine.
pub fn engines_of_environment() -> Result<Vec<EngineKind>, Error> {
    named_engines().map_err(Error::Engines)
}

fn named_engines() -> Result<Vec<EngineKind>, UnknownEngine> {
    match variables::text(ENGINES_VARIABLE) {
        Some(text) => parse_engines(&text),
        None => Ok(vec![EngineKind::default()]),
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
