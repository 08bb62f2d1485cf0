//! The suite: an index of cells, hosts to run them on, and ways to run them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use polyfill_build::index::{self, Cell, Index, NATIVE};
use polyfill_build::system::{self, threads, variables};
use thiserror::Error;
use wasmtime::component::Linker;

use crate::accepted::Accepted;
use crate::bless::Blesser;
use crate::engines::{EngineKind, EngineOptions, Engines, UnknownEngine, parse_engines};
use crate::failure::Failure;
use crate::host::{Host, Hosts, State, descriptors};
use crate::kept::Hash;
use crate::limits::Limits;
use crate::observe::Imports;
use crate::remote::Remotes;
use crate::trace::Detail;
use crate::trials;
pub use crate::verdict::{CellResult, Verdict};

/// The variable that names engines.
const ENGINES_VARIABLE: &str = "POLYFILL_ENGINES";

/// Why a suite cannot be run at all.
#[derive(Debug, Error)]
pub enum Error {
    /// There is no index.
    #[error("cannot read {path}: {error}; the suite's build writes it")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The index is not one of this version.
    #[error("{path} is no index of this version of the harness: {error}; build the suite again")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Why.
        error: serde_json::Error,
    },
    /// The variable `POLYFILL_ENGINES` has a word that names no engine.
    #[error("POLYFILL_ENGINES: {0}")]
    Engines(UnknownEngine),
    /// Hosts that are programs said something after their runs, or ended badly.
    #[error("{0}")]
    Hosts(String),
    /// `BLESS` where it must not be.
    #[error("BLESS and CI are both set: expected files are blessed by people, on their own machines")]
    BlessInCi,
}

/// Runs the cells of an index.
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
    pub(crate) cache: PathBuf,
    /// The engines that cells run on which name none; [`Runner::engines`].
    pub(crate) kinds: Result<Vec<EngineKind>, UnknownEngine>,
    pub(crate) engines: Engines,
    pub(crate) linkers: Mutex<Linkers>,
    /// Of files of the index.
    pub(crate) hashes: Mutex<BTreeMap<String, Hash>>,
    pub(crate) blesser: OnceLock<Blesser>,
    pub(crate) remotes: Remotes,
    pub(crate) keep: Option<Box<Keep>>,
}

/// What is done with a failure: a line for its report comes of it.
pub(crate) type Keep = dyn Fn(&Failure<'_>) -> Option<String> + Send + Sync;

/// Hosts' functions, by engine and host.
pub(crate) type Linkers = BTreeMap<(EngineOptions, String), Arc<Linker<State>>>;

impl Runner {
    /// A runner for the index in a folder, with the hosts `my-wasi`, `my-wasi-typed` and `wasi`.
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
            kinds: named_engines(),
            engines: Engines::default(),
            linkers: Mutex::default(),
            hashes: Mutex::default(),
            blesser: OnceLock::new(),
            remotes: Remotes::default(),
            keep: None,
        }
    }

    /// The suite's root, below which cases and expected files lie: for blessing. The current folder without it.
    pub fn root(mut self, root: impl Into<PathBuf>) -> Self {
        self.root = root.into();
        self
    }

    /// Adds a host, in place of one with the same name.
    pub fn host(mut self, host: impl Host + 'static) -> Self {
        self.hosts.add(host);
        self
    }

    /// The engines to run cells on, each of them: one whose host is `wasi` is there as `wasi/winch`, too, for instance.
    /// Without this, the variable `POLYFILL_ENGINES` says so (`all`, or names with commas between them), and without that
    /// it is Cranelift alone.
    pub fn engines(mut self, kinds: impl IntoIterator<Item = EngineKind>) -> Self {
        self.kinds = Ok(kinds.into_iter().collect());
        self
    }

    /// With the engine that a trial's name asks for, if it asks for one.
    pub fn on_engine_of(mut self, name: &str) -> Self {
        self.engine_in(name);
        self
    }

    /// The engines that a trial's name, or the end of it, asks for: `wasi/winch` is a cell only where there is that engine.
    pub(crate) fn engine_in(&mut self, name: &str) {
        if let (Some((_, kind)), Ok(kinds)) = (EngineKind::at_end(name), &mut self.kinds)
            && !kinds.contains(&kind)
        {
            kinds.push(kind);
        }
    }

    /// Rust code that answers imports of one guest, on every host. What it defines goes before what the host has.
    /// A case that answers imports in its file does without it, unless it says `host-code = true`: then the file's
    /// answers go before the code's. Runners that lack the code ignore cases with that key.
    pub fn imports(
        mut self,
        guest: &str,
        add_to_linker: impl Fn(&mut Linker<State>) -> wasmtime::Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.imports.entry(guest.into()).or_default().push(Arc::new(add_to_linker));
        self
    }

    /// How much guests may use.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The command that runs one cell again, up to the cell's name.
    pub fn repeat(mut self, command: &str) -> Self {
        self.again = command.into();
        self
    }

    /// Whether to rewrite expected files of failing cells. Without this, the variable `BLESS` says so.
    pub fn bless(mut self, bless: bool) -> Self {
        self.bless = bless;
        self
    }

    /// How much of the guests' calls is kept: [`Observation::trace`](crate::Observation::trace). Those across the core
    /// boundary are in it where the suite was built for that ([`Suite::trace`](polyfill_build::Suite::trace)).
    pub fn trace(mut self, detail: Detail) -> Self {
        self.detail = detail;
        self
    }

    /// What is to be done with each cell that fails; what comes of it stands in its report. `polyfill_bundle::keep` writes
    /// a bundle.
    pub fn keep(mut self, keep: impl Fn(&Failure<'_>) -> Option<String> + Send + Sync + 'static) -> Self {
        self.keep = Some(Box::new(keep));
        self
    }

    /// Violations that do not fail a cell, where what adapters do is checked
    /// ([`Suite::sanitize`](polyfill_build::Suite::sanitize)).
    pub fn accepted(mut self, accepted: Accepted) -> Self {
        self.accepted = accepted;
        self
    }

    /// Where compiled components are kept: the folder `compiled` beside the index without it.
    pub fn cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache = folder.into();
        self
    }

    /// Runs as a test binary: arguments, output and exit code are those of libtest.
    pub fn run(self) -> ExitCode {
        trials::run(self, &libtest_mimic::Arguments::from_args())
    }

    /// As [`Runner::run`], with arguments that have been read elsewhere.
    pub fn run_with(self, arguments: &libtest_mimic::Arguments) -> ExitCode {
        trials::run(self, arguments)
    }

    /// The folder of the index.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Reads the index.
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

    /// Each cell on each engine, but for those that the case leaves out.
    fn spread(&self, index: &mut Index) -> Result<(), Error> {
        let kinds = self.kinds.as_ref().map_err(|error| Error::Engines(error.clone()))?;
        if kinds[..] == [EngineKind::default()] {
            return Ok(());
        }
        let cases = &index.cases;
        let on_all = |cell: Cell| {
            let on = |kind: &EngineKind| Cell { host: kind.on(&cell.host), ..cell.clone() };
            let left_out = |cell: &Cell| {
                cases.get(&cell.case_key()).is_some_and(|entry| entry.case.leaves_out(&cell.adapter, &cell.host))
            };
            // Other processes bring engines of their own.
            let ours = cell.host == NATIVE || self.hosts.get(&cell.host).is_some();
            let spread = if !ours { vec![cell] } else { kinds.iter().map(on).collect() };
            spread.into_iter().filter(move |cell| !left_out(cell))
        };
        let mut cells: Vec<Cell> = std::mem::take(&mut index.cells).into_iter().flat_map(on_all).collect();
        cells.sort_by_cached_key(Cell::name);
        index.cells = cells;
        Ok(())
    }

    /// Runs the cells that are wanted, on as many threads (0: one for each core). `done` is told of each result as it
    /// comes; all of them are given back in the order of the index.
    pub fn run_cells(
        &self,
        wanted: impl Fn(&Cell) -> bool,
        threads: usize,
        done: impl FnMut(&CellResult) + Send,
    ) -> Result<Vec<CellResult>, Error> {
        let index = self.index()?;
        let cells: Vec<&Cell> = index.cells.iter().filter(|cell| wanted(cell)).collect();
        let threads = match threads {
            0 => threads::processors(),
            threads => threads::bounded(threads),
        };
        descriptors::expect_runs(threads);
        let next = AtomicUsize::new(0);
        let state = Mutex::new((done, BTreeMap::new()));
        thread::scope(|scope| {
            for _ in 0..threads.min(cells.len()) {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let Some(cell) = cells.get(number) else { return };
                        let result = self.run_cell(&index, cell);
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
    /// Ends the processes of hosts that are programs: for when all cells have run.
    ///
    /// # Errors
    ///
    /// Messages of a host after its last run, and an exit status other than 0 at the end of its input.
    pub fn finish_hosts(&self) -> Result<(), Error> {
        self.remotes.finish().map_err(Error::Hosts)
    }
}

/// The engines that the variable `POLYFILL_ENGINES` names; Cranelift without it.
///
/// # Errors
///
/// It names an engine that does not exist.
pub fn engines_of_environment() -> Result<Vec<EngineKind>, Error> {
    named_engines().map_err(Error::Engines)
}

fn named_engines() -> Result<Vec<EngineKind>, UnknownEngine> {
    match variables::text(ENGINES_VARIABLE) {
        Some(text) => parse_engines(&text),
        None => Ok(vec![EngineKind::default()]),
    }
}

/// `OUT_DIR` as it is now; what it was when the tests were compiled, if it is not set.
pub fn out_dir(compiled: &str) -> PathBuf {
    now("OUT_DIR", compiled)
}

/// `CARGO_MANIFEST_DIR` as it is now; what it was when the tests were compiled, if it is not set.
pub fn root_dir(compiled: &str) -> PathBuf {
    now("CARGO_MANIFEST_DIR", compiled)
}

fn now(variable: &str, compiled: &str) -> PathBuf {
    variables::variable(variable).map_or_else(|| Path::new(compiled).to_path_buf(), PathBuf::from)
}
