//! Hosts that are programs: processes that run components and tell of it, a line of JSON at a time.
//!
//! One process serves many runs, one after another, and each thread that runs cells has its own. What the guest may see is
//! laid out here; what a host says is written down as an [`Observation`] like any other. `docs/hosts.md` has the protocol.

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

use polyfill_build::case::Case;
use polyfill_build::descriptor::{Capability, Descriptor};

use self::process::{Lost, Process};
use crate::core_boundary;
use crate::inputs::Inputs;
use crate::names;
use crate::program::Program;

pub use protocol::PROTOCOL;
pub use run::RemoteRun;

/// A host that is a program, and its processes.
pub struct RemoteHost {
    name: String,
    descriptor: Descriptor,
    /// The suite's folder.
    root: PathBuf,
    /// Where the host keeps what it makes of components.
    cache: PathBuf,
    /// What is missing, looked for once.
    missing: OnceLock<Option<String>>,
    /// Processes that have nothing to do.
    idle: Mutex<Vec<Process>>,
}

impl RemoteHost {
    /// A host of the suite in a folder, which keeps things in another one.
    pub fn new(name: &str, descriptor: Descriptor, root: &Path, cache: &Path) -> Self {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let (root, cache) = (absolute(root), absolute(&cache.join(name)));
        Self { name: name.into(), descriptor, root, cache, missing: OnceLock::new(), idle: Mutex::default() }
    }

    /// Why it cannot run here, if it can't: something that it needs is missing.
    pub fn missing(&self) -> Option<String> {
        let look = || self.descriptor.missing(&self.root).map(|missing| format!("host `{}`: {missing}", self.name));
        self.missing.get_or_init(look).clone()
    }

    /// What of a case it cannot do.
    pub fn lacks(&self, case: &Case) -> Option<String> {
        self.descriptor.lacks(case).map(|why| format!("host `{}`: {why}", self.name))
    }

    fn has(&self, capability: Capability) -> bool {
        self.descriptor.capabilities.contains(&capability)
    }

    /// What of a run it cannot do.
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
            || reported.then(|| format!("host `{}`: interposers cannot report to another process", self.name));
        self.missing().or_else(|| self.lacks(&case)).or_else(interposed)
    }

    /// A process with nothing to do, started if there is none. One that has said something since its last run is lost.
    fn take(&self) -> Result<Process, Lost> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle.map(Process::settled).transpose()?.flatten() {
            Some(process) => Ok(process),
            None => Process::start(&self.descriptor, &self.root, &self.cache),
        }
    }

    /// Keeps a process for the next run, if it can do one.
    fn give_back(&self, process: Option<Process>) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).extend(process);
    }

    /// Ends the processes that have nothing to do, and looks at how they end: what they say after their last run is wrong, and so
    /// is an exit status other than 0. One that does not end within a second of the end of its input is killed.
    ///
    /// # Errors
    ///
    /// The failures, one a line.
    pub fn finish(&self) -> Result<(), String> {
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        let finished = idle.into_iter().map(Process::finish);
        let wrong: Vec<String> = finished.filter_map(Result::err).map(|Lost(why)| self.failed(&why)).collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }

    /// A failure of the host as messages have it.
    fn failed(&self, why: &str) -> String {
        format!("host `{}`: {why}", self.name)
    }
}

/// The hosts of a suite, by their names.
#[derive(Default)]
pub(crate) struct Remotes(Mutex<BTreeMap<String, Arc<RemoteHost>>>);

impl Remotes {
    /// One of them, made when it is first asked for.
    pub(crate) fn get(&self, name: &str, make: impl FnOnce() -> Option<RemoteHost>) -> Option<Arc<RemoteHost>> {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = hosts.get(name) {
            return Some(host.clone());
        }
        let host = Arc::new(make()?);
        hosts.insert(name.into(), host.clone());
        Some(host)
    }

    /// Ends the processes of all of them: as [`RemoteHost::finish`].
    pub(crate) fn finish(&self) -> Result<(), String> {
        let hosts = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let wrong: Vec<String> = hosts.values().filter_map(|host| host.finish().err()).collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }
}
