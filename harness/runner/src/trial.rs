//! Runs one trial of a suite, compares it with its case, and reports the verdict.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock, PoisonError};
use std::time::Instant;

use polyfill_abi::Descriptions;
use polyfill_builder::case::Case;
use polyfill_builder::index::{Artifact, Index, NATIVE, Stage, Trial};
use wasmtime::component::Linker;

use crate::bless::Blesser;
use crate::compare::{Mismatch, compare};
use crate::engine::{self, Engine, EngineError};
use crate::engines::{EngineKind, EngineOptions};
use crate::expected::{self, OtherFailure};
use crate::failure::Failure;
use crate::host::{Host, State};
use crate::inputs::{Inputs, Sinks};
use crate::kept::Hash;
use crate::native::{NativeRun, observe_native};
use crate::observation::{Observation, Outcome};
use crate::observe::{Run, host_linker, observe};
use crate::remote::{RemoteHost, RemoteRun};
use crate::report::Report;
use crate::suite::{Runner, TrialResult, Verdict};
use crate::time::TrialTime;
use crate::trace::Detail;
use crate::unchecked;
use crate::uninitialized::judge_unwritten;
use crate::writers::name_writers;

/// Reason for ignoring a case with `host-code` in a runner without that code.
const HOST_CODE: &str = "`host-code`: this guest's imports are implemented by Rust code in the suite's test binary \
     (`Runner::imports`)";

/// A failed run.
#[derive(Clone, Copy)]
struct Ran<'a> {
    observation: &'a Observation,
    mismatches: &'a [Mismatch],
    time: &'a OnceLock<TrialTime>,
}

impl Runner {
    /// Runs one trial of an index.
    pub fn run_trial(&self, index: &Index, trial: &Trial) -> TrialResult {
        let start = Instant::now();
        let name = trial.name();
        if let Some(reason) = self.ignored(index, trial) {
            return TrialResult {
                name,
                verdict: Verdict::Ignored { reason },
                observation: None,
                mismatches: Vec::new(),
                unchecked: None,
                duration: start.elapsed(),
            };
        }
        let missing = Case::default();
        let here;
        let time = OnceLock::new();
        let (source, case, observation) = match self.case_of(index, trial) {
            Some((source, case)) => {
                here = case;
                (source, &*here, self.observe(index, trial, &here, self.detail_for(&here), &time))
            }
            None => {
                let why = format!("the index has no case `{}`; help: rebuild the suite", trial.case_key());
                ("", &missing, Observation::of(Outcome::NotRun(why)))
            }
        };
        let mut mismatches = compare(case, &observation);
        let chain = index.resolved(&trial.adapter);
        mismatches.retain(|mismatch| !self.accepted.is_known(mismatch, &chain));
        let unchecked = self.unchecked(index, trial, case, &observation);
        if let Some(why) = unchecked.clone().filter(|_| unchecked::is_failure(case, trial)) {
            mismatches.push(Mismatch::NothingChecked { why });
        }
        let must_fail = expected::must_fail(case, trial);
        // If only the command line requests checks, their violations do not count as the case's expected failure.
        let is_news = |mismatch: &Mismatch| matches!(mismatch, Mismatch::Violation(_)) && case.sanitize != Some(true);
        let (news, wanted) = (mismatches.iter().any(is_news), mismatches.iter().any(|mismatch| !is_news(mismatch)));
        let ran = |mismatches| Ran { observation: &observation, mismatches, time: &time };
        let verdict = match must_fail {
            None if mismatches.is_empty() => Verdict::Passed,
            None => self.failed(index, trial, source, case, &ran(&mismatches)),
            Some(must_fail) if !wanted => Verdict::Failed { report: self.works_now(&name, source, &must_fail.reason) },
            Some(_) if news => self.failed(index, trial, source, case, &ran(&mismatches)),
            Some(must_fail) => match must_fail.judge(&observation, &mismatches) {
                Ok(()) => Verdict::FailedAsExpected { reason: must_fail.reason },
                Err(_) if is_unreadable(&observation.outcome) => {
                    self.failed(index, trial, source, case, &ran(&mismatches))
                }
                Err(other) => {
                    let other =
                        OtherFailure { expected: format!("{} ({})", other.expected, must_fail.reason), ..other };
                    let all: Vec<Mismatch> =
                        [Mismatch::OtherFailure(other)].into_iter().chain(mismatches.iter().cloned()).collect();
                    self.failed(index, trial, source, case, &ran(&all))
                }
            },
        };
        TrialResult { name, verdict, observation: Some(observation), mismatches, unchecked, duration: start.elapsed() }
    }

    /// Returns the file of a trial's case, and the case with its overrides and with the proposals of the runner.
    pub fn case_of<'i>(&self, index: &'i Index, trial: &Trial) -> Option<(&'i str, Cow<'i, Case>)> {
        let entry = index.cases.get(&trial.case_key())?;
        let mut case = entry.case.at(&trial.adapter, &trial.host);
        if !self.proposals.is_subset(&case.wasm) {
            case.to_mut().wasm.extend(&self.proposals);
        }
        Some((&entry.source, case))
    }

    /// Returns the reason for ignoring a trial, if it is ignored: the build produced no artifact, or the host is
    /// unavailable.
    pub(crate) fn ignored(&self, index: &Index, trial: &Trial) -> Option<String> {
        match &trial.artifact {
            Artifact::Ignored(reason) => Some(reason.clone()),
            Artifact::Failed { .. } => None,
            Artifact::Component(_) | Artifact::Module(_) => {
                let entry = index.cases.get(&trial.case_key());
                let needs_code = entry.is_some_and(|entry| entry.case.host_code);
                let has_none = needs_code && !self.imports.contains_key(&trial.guest);
                let missing = || EngineKind::of(&trial.host).ok().and_then(|(_, kind)| kind.is_missing());
                let remote = || self.remote(index, &trial.host).and_then(|remote| remote.missing());
                // With `POLYFILL_REQUIRE=all`, an unavailable host fails the trial when it is run.
                let optional = || remote().filter(|_| !self.options.require_all);
                has_none.then(|| HOST_CODE.to_string()).or_else(missing).or_else(optional)
            }
        }
    }

    /// Enables tracing for a case that expects a trace.
    fn detail_for(&self, case: &Case) -> Detail {
        match self.detail {
            Detail::Off if case.expect.trace.is_some() => Detail::Short,
            detail => detail,
        }
    }

    /// Runs the trial. `time` is set to the trial's time budget when the run starts.
    pub(crate) fn observe(
        &self,
        index: &Index,
        trial: &Trial,
        case: &Case,
        detail: Detail,
        time: &OnceLock<TrialTime>,
    ) -> Observation {
        match &trial.artifact {
            Artifact::Failed { stage, message } => {
                Observation::of(Outcome::NotBuilt { stage: *stage, message: message.clone() })
            }
            Artifact::Ignored(reason) => Observation::of(Outcome::NotRun(reason.clone())),
            Artifact::Component(file) | Artifact::Module(file) => {
                let observed = self.try_observe(index, trial, case, file, detail, time);
                observed.unwrap_or_else(|why| Observation::of(Outcome::NotRun(why)))
            }
        }
    }

    fn try_observe(
        &self,
        index: &Index,
        trial: &Trial,
        case: &Case,
        file: &str,
        detail: Detail,
        time: &OnceLock<TrialTime>,
    ) -> Result<Observation, String> {
        let (host, kind) = EngineKind::of(&trial.host).map_err(|error| error.to_string())?;
        let mut inputs = Inputs::of(&trial.guest, case).map_err(|error| error.to_string())?;
        inputs.abi = Descriptions::parse(&index.abis).map_err(|error| error.to_string())?;
        let limits = &self.limits.of(&case.limits);
        let options = &EngineOptions { kind, fuel: limits.fuel.is_some(), proposals: case.wasm.clone() };
        let engine = &*self.engines.get(options, &self.cache)?;
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
            let run = RemoteRun { program, file, inputs: &inputs, limits, proposals: &case.wasm };
            return Ok(remote.observe(&run, Sinks::default()));
        }
        let host = self.hosts.get(host).ok_or_else(|| {
            format!("unknown host `{host}`; known hosts: {}, {NATIVE}", self.hosts.names().join(", "))
        })?;
        let program = &self.load(file, |hash| engine.known_program(hash), |bytes| engine.program(bytes))?;
        let linker = &*self.linker(options, engine, host)?;
        let declared = !case.imports.is_empty() && !case.host_code;
        let code = self.imports.get(&trial.guest).filter(|_| !declared);
        let imports = code.map_or(&[][..], Vec::as_slice);
        let (chain, sanitize) = (trial.adapter.as_str(), trial.sanitize.as_ref());
        let inputs = &inputs;
        let is_one_host = true;
        // A rerun, to record the trial.
        let is_again = time.get().is_some();
        let time = time.get_or_init(|| TrialTime::new(limits, detail != Detail::Off || sanitize.is_some()));
        let run =
            Run { engine, program, chain, host, linker, is_one_host, imports, inputs, limits, time, sanitize, detail };
        let mut observation = observe(&run, Sinks::default());
        if is_again {
            return Ok(observation);
        }
        judge_unwritten(&run, &mut observation);
        // Skip write attribution for accepted violations.
        let chain = index.resolved(chain);
        name_writers(&run, &mut observation.violations, |violation| self.accepted.rule(violation, &chain).is_none());
        Ok(observation)
    }

    /// Returns the suite's external host of that name.
    pub(crate) fn remote(&self, index: &Index, name: &str) -> Option<Arc<RemoteHost>> {
        let make = || {
            let descriptor = index.hosts.get(name)?.clone();
            Some(RemoteHost::new(name, descriptor, &self.root, &self.cache))
        };
        self.remotes.get(name, make)
    }

    fn failed(&self, index: &Index, trial: &Trial, source: &str, case: &Case, ran: &Ran<'_>) -> Verdict {
        let Ran { observation, mismatches, time } = *ran;
        let mut notes = Vec::new();
        if self.blesses() {
            match self.blesser.get_or_init(|| Blesser::new(self.root.clone())).bless(source, mismatches) {
                Ok(files) => return Verdict::Blessed { files },
                Err(refusals) => notes = refusals,
            }
        } else if mismatches.iter().all(|mismatch| matches!(mismatch, Mismatch::Bytes { golden: Some(_), .. })) {
            notes.push("help: to accept the actual output, rerun with BLESS=1".into());
        }
        let again = format!("{} {}", self.again, trial.name());
        let report =
            |notes: &[String]| Report { source, case, observation, mismatches, notes, again: &again }.to_string();
        if let Some(keep) = &self.keep {
            let report = &report(&notes);
            notes.extend(keep(&Failure { index, trial, case, observation, report, mismatches, time, runner: self }));
        }
        Verdict::Failed { report: report(&notes) }
    }

    /// Reports an unexpected pass as a failure, so that outdated expectations are noticed.
    fn works_now(&self, name: &str, source: &str, reason: &str) -> String {
        format!("case: {source}\n\nunexpected pass (expected failure: {reason})\n\nrerun: {} {name}\n", self.again)
    }

    /// A host's functions on an engine, set up by the first cell that needs them.
    fn linker(&self, options: &EngineOptions, engine: &Engine, host: &dyn Host) -> Result<Arc<Linker<State>>, String> {
        let mut linkers = self.linkers.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (options.clone(), host.name().to_string());
        if let Some(linker) = linkers.get(&key) {
            return Ok(linker.clone());
        }
        let linker = Arc::new(host_linker(engine, host)?);
        linkers.insert(key, linker.clone());
        Ok(linker)
    }

    /// Loads a component or module of the index, from memory if its file's hash is known.
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
        let bytes = polyfill_builder::system::read(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        hashes().insert(file.into(), engine::hash(&bytes));
        compile(&bytes).map_err(|error| error.to_string())
    }
}

/// Returns true if the case file is invalid, so that its expectations are unknown.
fn is_unreadable(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::NotBuilt { stage: Stage::Case, .. })
}
