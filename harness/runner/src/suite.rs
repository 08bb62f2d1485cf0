//! The suite: an index of cells, hosts to run them on, and ways to run them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;
use std::{env, thread};

use polyfill_build::Settings;
use polyfill_build::case::Case;
use polyfill_build::index::{self, Artifact, Cell, Index, NATIVE};
use thiserror::Error;
use wasmtime::component::Linker;

use crate::accepted::Accepted;
use crate::bless::Blesser;
use crate::compare::{Mismatch, compare};
use crate::engine::{self, Engine, EngineError};
use crate::engines::{self, EngineKind, Engines, UnknownEngine, parse_engines};
use crate::expected;
use crate::failure::Failure;
use crate::host::{Host, Hosts, State};
use crate::inputs::{Inputs, Sinks};
use crate::kept::Hash;
use crate::limits::Limits;
use crate::native::{NativeRun, observe_native};
use crate::observation::{Observation, Outcome};
use crate::observe::{Imports, Run, host_linker, observe};
use crate::remote::{RemoteHost, RemoteRun, Remotes};
use crate::report::Report;
use crate::trace::Detail;
use crate::trials;
pub use crate::verdict::{CellResult, Verdict};

/// Why a case with `host-code` is not run without any.
const HOST_CODE: &str = "`host-code`: this guest's imports are answered by Rust code of the suite's own test binary \
     (`Runner::imports`)";

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
    /// `BLESS` where it must not be.
    #[error("BLESS and CI are both set: expected files are blessed by people, on their own machines")]
    BlessInCi,
}

/// Runs the cells of an index.
pub struct Runner {
    folder: PathBuf,
    root: PathBuf,
    hosts: Hosts,
    imports: BTreeMap<String, Vec<Imports>>,
    limits: Limits,
    again: String,
    bless: bool,
    detail: Detail,
    accepted: Accepted,
    cache: PathBuf,
    /// The engines that cells run on which name none; [`Runner::engines`].
    kinds: Result<Vec<EngineKind>, UnknownEngine>,
    engines: Engines,
    linkers: Mutex<Linkers>,
    /// Of files of the index.
    hashes: Mutex<BTreeMap<String, Hash>>,
    blesser: OnceLock<Blesser>,
    remotes: Remotes,
    keep: Option<Box<Keep>>,
}

/// What is done with a failure: a line for its report comes of it.
type Keep = dyn Fn(&Failure<'_>) -> Option<String> + Send + Sync;

/// Hosts' functions, by engine and host.
type Linkers = BTreeMap<(engines::Settings, String), Arc<Linker<State>>>;

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
            bless: env::var_os("BLESS").is_some_and(|value| !value.is_empty() && value != "0"),
            detail: Detail::Off,
            accepted: Accepted::default(),
            kinds: env::var(ENGINES_VARIABLE)
                .map_or_else(|_| Ok(vec![EngineKind::default()]), |text| parse_engines(&text)),
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
        if self.bless && env::var_os("CI").is_some_and(|value| !value.is_empty()) {
            return Err(Error::BlessInCi);
        }
        let path = self.folder.join(index::FILE);
        let json = match fs::read(&path) {
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
            0 => thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        };
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

    /// Runs one cell of an index.
    pub fn run_cell(&self, index: &Index, cell: &Cell) -> CellResult {
        let start = Instant::now();
        let name = cell.name();
        if let Some(reason) = self.ignored(index, cell) {
            return CellResult {
                name,
                verdict: Verdict::Ignored { reason },
                observation: None,
                mismatches: Vec::new(),
                duration: start.elapsed(),
            };
        }
        let missing = Case::default();
        let here;
        let (source, case, observation) = match index.cases.get(&cell.case_key()) {
            Some(entry) => {
                here = entry.case.at(&cell.adapter, &cell.host);
                (entry.source.as_str(), &*here, self.observe(index, cell, &here, self.detail_for(&here)))
            }
            None => {
                let why = format!("the index has no case `{}`; build the suite again", cell.case_key());
                ("", &missing, Observation::of(Outcome::NotRun(why)))
            }
        };
        let mut mismatches = compare(case, &observation);
        mismatches.retain(|mismatch| !self.accepted.is_known(mismatch));
        let must_fail = expected::must_fail(case, cell);
        // Where nobody but the command line asks for checks, what they find is not the reason for which a case has to fail.
        let is_news = |mismatch: &Mismatch| matches!(mismatch, Mismatch::Violation(_)) && case.sanitize != Some(true);
        let (news, wanted) = (mismatches.iter().any(is_news), mismatches.iter().any(|mismatch| !is_news(mismatch)));
        let verdict = match must_fail {
            _ if mismatches.is_empty() && must_fail.is_none() => Verdict::Passed,
            Some(reason) if !wanted => Verdict::Failed { report: self.works_now(&name, source, &reason) },
            // What did not run has shown nothing.
            Some(reason) if !news && !matches!(observation.outcome, Outcome::NotRun(_)) => {
                Verdict::FailedAsExpected { reason }
            }
            _ => self.failed(index, cell, source, case, &observation, &mismatches),
        };
        CellResult { name, verdict, observation: Some(observation), mismatches, duration: start.elapsed() }
    }

    /// Why a cell is not run, if it is not: the build has nothing to run, or the host's side is not here.
    pub(crate) fn ignored(&self, index: &Index, cell: &Cell) -> Option<String> {
        match &cell.artifact {
            Artifact::Ignored(reason) => Some(reason.clone()),
            Artifact::Failed { .. } => None,
            Artifact::Component(_) | Artifact::Module(_) => {
                let entry = index.cases.get(&cell.case_key());
                let needs_code = entry.is_some_and(|entry| entry.case.host_code);
                let has_none = needs_code && !self.imports.contains_key(&cell.guest);
                let missing = || EngineKind::of(&cell.host).ok().and_then(|(_, kind)| kind.is_missing());
                let remote = || self.remote(index, &cell.host).and_then(|remote| remote.missing());
                // Where nothing may be missing it fails when it is run.
                let optional = || remote().filter(|_| !Settings::from_env().require_all);
                has_none.then(|| HOST_CODE.to_string()).or_else(missing).or_else(optional)
            }
        }
    }

    /// A case that expects a trace is run with one.
    fn detail_for(&self, case: &Case) -> Detail {
        match self.detail {
            Detail::Off if case.expect.trace.is_some() => Detail::Short,
            detail => detail,
        }
    }

    pub(crate) fn observe(&self, index: &Index, cell: &Cell, case: &Case, detail: Detail) -> Observation {
        match &cell.artifact {
            Artifact::Failed { stage, message } => {
                Observation::of(Outcome::NotBuilt { stage: *stage, message: message.clone() })
            }
            Artifact::Ignored(reason) => Observation::of(Outcome::NotRun(reason.clone())),
            Artifact::Component(file) | Artifact::Module(file) => {
                let observed = self.try_observe(index, cell, case, file, detail);
                observed.unwrap_or_else(|why| Observation::of(Outcome::NotRun(why)))
            }
        }
    }

    fn try_observe(
        &self,
        index: &Index,
        cell: &Cell,
        case: &Case,
        file: &str,
        detail: Detail,
    ) -> Result<Observation, String> {
        let (host, kind) = EngineKind::of(&cell.host).map_err(|error| error.to_string())?;
        let inputs = Inputs::of(&cell.guest, case).map_err(|error| error.to_string())?;
        let limits = &self.limits.of(&case.limits);
        let settings = engines::Settings { kind, fuel: limits.fuel.is_some() };
        let engine = &*self.engines.get(settings, &self.cache)?;
        if host == NATIVE {
            let module = &self.load(file, |hash| engine.known_module(hash), |bytes| engine.module(bytes))?;
            return Ok(observe_native(&NativeRun { engine, module, inputs: &inputs, limits }, Sinks::default()));
        }
        if let Some(remote) = self.remote(index, host) {
            if let Some(why) = remote.missing().or_else(|| remote.lacks(case)) {
                return Err(why);
            }
            let program = &self.load(file, |hash| engine.known_program(hash), |bytes| engine.program(bytes))?;
            let file = Some(&*std::path::absolute(self.folder.join(file)).map_err(|error| error.to_string())?);
            return Ok(remote.observe(&RemoteRun { program, file, inputs: &inputs, limits }, Sinks::default()));
        }
        let host = self.hosts.get(host).ok_or_else(|| {
            format!("there is no host `{host}`; there are {}, {NATIVE}", self.hosts.names().join(", "))
        })?;
        let program = &self.load(file, |hash| engine.known_program(hash), |bytes| engine.program(bytes))?;
        let linker = &*self.linker(settings, engine, host)?;
        let declared = !case.imports.is_empty() && !case.host_code;
        let code = self.imports.get(&cell.guest).filter(|_| !declared);
        let imports = code.map_or(&[][..], Vec::as_slice);
        let (stack, sanitize) = (cell.adapter.as_str(), cell.sanitize.as_ref());
        let inputs = &inputs;
        let run = Run { engine, program, stack, host, linker, imports, inputs, limits, sanitize, detail };
        Ok(observe(&run, Sinks::default()))
    }

    /// A host of the suite's own that is a program.
    fn remote(&self, index: &Index, name: &str) -> Option<Arc<RemoteHost>> {
        let make = || {
            let descriptor = index.hosts.get(name)?.clone();
            Some(RemoteHost::new(name, descriptor, &self.root, &self.cache))
        };
        self.remotes.get(name, make)
    }

    fn failed(
        &self,
        index: &Index,
        cell: &Cell,
        source: &str,
        case: &Case,
        observation: &Observation,
        mismatches: &[Mismatch],
    ) -> Verdict {
        let mut notes = Vec::new();
        if self.bless {
            match self.blesser.get_or_init(|| Blesser::new(self.root.clone())).bless(source, mismatches) {
                Ok(files) => return Verdict::Blessed { files },
                Err(refusals) => notes = refusals,
            }
        } else if mismatches.iter().all(|mismatch| matches!(mismatch, Mismatch::Bytes { golden: Some(_), .. })) {
            notes.push("if this is how it should be: the same command with BLESS=1 writes the file".into());
        }
        let again = format!("{} {}", self.again, cell.name());
        let report =
            |notes: &[String]| Report { source, case, observation, mismatches, notes, again: &again }.to_string();
        if let Some(keep) = &self.keep {
            notes.extend(keep(&Failure { index, cell, case, report: &report(&notes), runner: self }));
        }
        Verdict::Failed { report: report(&notes) }
    }

    /// What must fail and does not is a failure, too: else nobody would notice that there is nothing to expect any more.
    fn works_now(&self, name: &str, source: &str, reason: &str) -> String {
        format!("case: {source}\n\nthis must fail, and does not: {reason}\n\nagain: {} {name}\n", self.again)
    }

    /// A host's functions on an engine, set up by the first cell that needs them.
    fn linker(
        &self,
        settings: engines::Settings,
        engine: &Engine,
        host: &dyn Host,
    ) -> Result<Arc<Linker<State>>, String> {
        let mut linkers = self.linkers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(linker) = linkers.get(&(settings, host.name().to_string())) {
            return Ok(linker.clone());
        }
        let linker = Arc::new(host_linker(engine, host)?);
        linkers.insert((settings, host.name().to_string()), linker.clone());
        Ok(linker)
    }

    /// A component or module of the index, from memory if it is there under the hash that its file had.
    fn load<T>(
        &self,
        file: &str,
        known: impl FnOnce(&Hash) -> Option<T>,
        compile: impl FnOnce(&[u8]) -> Result<T, EngineError>,
    ) -> Result<T, String> {
        let hashes = || self.hashes.lock().unwrap_or_else(PoisonError::into_inner);
        let hash = hashes().get(file).copied();
        if let Some(known) = hash.as_ref().and_then(known) {
            return Ok(known);
        }
        let path = self.folder.join(file);
        let bytes = fs::read(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        hashes().insert(file.into(), engine::hash(&bytes));
        compile(&bytes).map_err(|error| error.to_string())
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
    env::var_os(variable).map_or_else(|| Path::new(compiled).to_path_buf(), PathBuf::from)
}
