//! External hosts: processes that run components and report over JSON lines.
//!
//! A process serves many runs, one after another, and each thread that runs trials uses its own. The harness prepares
//! the guest's inputs and converts the host's messages to an [`Observation`]. `docs/hosts.md` documents the protocol.

mod backlog;
mod process;
mod protocol;
mod request;
mod run;
mod state;
mod values;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use polyfill_builder::case::Case;
use polyfill_builder::descriptor::{Capability, Descriptor};

use self::process::{Lost, Process};
use crate::core_boundary;
use crate::inputs::Inputs;
use crate::names;
use crate::program::Program;

pub use protocol::PROTOCOL;
pub use run::RemoteRun;

/// External host and its processes.
pub struct RemoteHost {
    name: String,
    descriptor: Descriptor,
    /// Directory of the suite.
    root: PathBuf,
    /// Directory in which the host may cache data derived from components.
    cache: PathBuf,
    /// Missing requirement, determined once.
    missing: OnceLock<Option<String>>,
    /// Idle processes.
    idle: Mutex<Vec<Process>>,
}

impl RemoteHost {
    /// Creates a host of the suite in `root`, which caches data below `cache`.
    pub fn new(name: &str, descriptor: Descriptor, root: &Path, cache: &Path) -> Self {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let (root, cache) = (absolute(root), absolute(&cache.join(name)));
        Self { name: name.into(), descriptor, root, cache, missing: OnceLock::new(), idle: Mutex::default() }
    }

    /// Returns the first missing requirement of the host, or `None` if it can run here.
    pub fn missing(&self) -> Option<String> {
        let look = || self.descriptor.missing(&self.root).map(|missing| format!("host `{}`: {missing}", self.name));
        self.missing.get_or_init(look).clone()
    }

    /// Returns the first requirement of a case that the host does not support.
    pub fn lacks(&self, case: &Case) -> Option<String> {
        self.descriptor.lacks(case).map(|why| format!("host `{}`: {why}", self.name))
    }

    fn has(&self, capability: Capability) -> bool {
        self.descriptor.capabilities.contains(&capability)
    }

    /// Returns the reason why the host cannot perform a run.
    fn refuses(&self, program: &Program, inputs: &Inputs) -> Option<String> {
        let case = Case {
            files: inputs.files.clone(),
            preopens: inputs.preopens.clone(),
            imports: inputs.answers.clone(),
            calls: inputs.calls.clone(),
            ..Case::default()
        };
        let imports = names::imports(program.component());
        let reported = imports.iter().any(|item| item.instance.as_deref() == Some(core_boundary::INTERFACE));
        let interposed =
            || reported.then(|| format!("host `{}`: interposers cannot report to an external host", self.name));
        self.missing().or_else(|| self.lacks(&case)).or_else(interposed)
    }

    /// Returns an idle process, or starts one. Fails if an idle process has sent a message since its last run.
    fn take(&self) -> Result<Process, Lost> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle.map(Process::settled).transpose()?.flatten() {
            Some(process) => Ok(process),
            None => Process::start(&self.descriptor, &self.root, &self.cache),
        }
    }

    /// Keeps an idle process for the next run.
    fn give_back(&self, process: Option<Process>) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).extend(process);
    }

    /// Ends the idle processes and checks how they end: messages after the last run and exit statuses other than 0 are
    /// failures. A process that does not exit within one second after its input is closed is killed.
    ///
    /// # Errors
    ///
    /// Returns the failures, one per line.
    pub fn finish(&self) -> Result<(), String> {
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        let finished = idle.into_iter().map(Process::finish);
        let wrong: Vec<String> = finished.filter_map(Result::err).map(|Lost(why)| self.failed(&why)).collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }

    /// Formats a failure of the host.
    fn failed(&self, why: &str) -> String {
        format!("host `{}`: {why}", self.name)
    }
}

/// External hosts of a suite by name.
#[derive(Default)]
pub(crate) struct Remotes(Mutex<BTreeMap<String, Arc<RemoteHost>>>);

impl Remotes {
    /// Returns a host, created on first use.
    pub(crate) fn get(&self, name: &str, make: impl FnOnce() -> Option<RemoteHost>) -> Option<Arc<RemoteHost>> {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = hosts.get(name) {
            return Some(host.clone());
        }
        let host = Arc::new(make()?);
        hosts.insert(name.into(), host.clone());
        Some(host)
    }

    /// Ends the processes of all hosts, as [`RemoteHost::finish`] does.
    pub(crate) fn finish(&self) -> Result<(), String> {
        let hosts = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let wrong: Vec<String> = hosts.values().filter_map(|host| host.finish().err()).collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }
}
