//! A cell that failed, as those see it who want to keep it.

use std::fs;
use std::path::Path;

use polyfill_build::case::Case;
use polyfill_build::index::{Artifact, Cell, Index, NATIVE};

use crate::compare::Mismatch;
use crate::observation::Observation;
use crate::suite::Runner;
use crate::trace::Detail;

/// A cell that failed.
pub struct Failure<'a> {
    /// Where it is from.
    pub index: &'a Index,
    /// The cell.
    pub cell: &'a Cell,
    /// Its case, as it is there.
    pub case: &'a Case,
    /// What was said of it.
    pub report: &'a str,
    /// What differs from the case.
    pub mismatches: &'a [Mismatch],
    pub(crate) runner: &'a Runner,
}

impl Failure<'_> {
    /// The folder of the index.
    pub fn folder(&self) -> &Path {
        self.runner.folder()
    }

    /// The component that ran; none on the host `native`, or where nothing was built.
    pub fn component(&self) -> Option<Vec<u8>> {
        let Artifact::Component(file) = &self.cell.artifact else { return None };
        fs::read(self.folder().join(file)).ok()
    }

    /// The guest's core module, where the index has it: for the host `native`.
    pub fn main(&self) -> Option<Vec<u8>> {
        let is_it = |cell: &&Cell| cell.guest == self.cell.guest && cell.host == NATIVE;
        let file = self.index.cells.iter().filter(is_it).find_map(|cell| match &cell.artifact {
            Artifact::Module(file) => Some(file),
            _ => None,
        });
        fs::read(self.folder().join(file?)).ok()
    }

    /// The same run once more, with all its calls.
    pub fn traced(&self) -> Observation {
        self.runner.observe(self.index, self.cell, self.case, Detail::Full)
    }
}
