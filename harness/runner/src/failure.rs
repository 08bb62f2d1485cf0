//! A cell that failed, as those see it who want to keep it.

use std::path::Path;
use std::sync::OnceLock;

use polyfill_build::case::Case;
use polyfill_build::index::{Artifact, Cell, Index, NATIVE};

use crate::compare::Mismatch;
use crate::engines::EngineKind;
use crate::observation::{Observation, Outcome};
use crate::suite::Runner;
use crate::time::TrialTime;
use crate::trace::Detail;

/// A cell that failed.
pub struct Failure<'a> {
    /// Where it is from.
    pub index: &'a Index,
    /// The cell.
    pub cell: &'a Cell,
    /// Its case, as it is there.
    pub case: &'a Case,
    /// The failed run.
    pub observation: &'a Observation,
    /// What was said of it.
    pub report: &'a str,
    /// What differs from the case.
    pub mismatches: &'a [Mismatch],
    pub(crate) time: &'a OnceLock<TrialTime>,
    pub(crate) runner: &'a Runner,
}

impl Failure<'_> {
    /// The folder of the index.
    pub fn folder(&self) -> &Path {
        self.runner.folder()
    }

    /// The component that ran; none on the host `native`, on hosts that are programs, or where nothing was built.
    pub fn component(&self) -> Option<Vec<u8>> {
        let (host, _) = EngineKind::of(&self.cell.host).ok()?;
        if self.runner.remote(self.index, host).is_some() {
            return None;
        }
        let Artifact::Component(file) = &self.cell.artifact else { return None };
        polyfill_build::system::read(self.folder().join(file)).ok()
    }

    /// The guest's core module, where the index has it: for the host `native`.
    pub fn main(&self) -> Option<Vec<u8>> {
        let is_it = |cell: &&Cell| cell.guest == self.cell.guest && cell.host == NATIVE;
        let file = self.index.cells.iter().filter(is_it).find_map(|cell| match &cell.artifact {
            Artifact::Module(file) => Some(file),
            _ => None,
        });
        polyfill_build::system::read(self.folder().join(file?)).ok()
    }

    /// The same run once more, with all its calls, in what is left of the trial's time. The error says why there is none: a
    /// trial that has used up its time is not run again.
    ///
    /// # Errors
    ///
    /// The reason, for a reader.
    pub fn traced(&self) -> Result<Observation, String> {
        if let Outcome::Timeout { .. } = self.observation.outcome {
            return Err("the trial has used up its time".into());
        }
        let again = self.runner.observe(self.index, self.cell, self.case, Detail::Full, self.time);
        match again.outcome {
            Outcome::Timeout { .. } => Err("with its calls reported, the trial takes more time than it may".into()),
            _ => Ok(again),
        }
    }

    /// The command that records the trial, if there is one; `out` is the file to write.
    pub fn record_command(&self, out: &str) -> Option<String> {
        // Neither the code of a test binary nor a folder of another project's tests is there for the command.
        if self.case.host_code || self.runner.again.contains("--wasi-testsuite") {
            return None;
        }
        let suite = match self.runner.root.to_str()? {
            "." | "" => String::new(),
            root => format!(" --suite {root}"),
        };
        Some(format!("polyfill record {}{suite} -o {out}", self.cell.name()))
    }
}
