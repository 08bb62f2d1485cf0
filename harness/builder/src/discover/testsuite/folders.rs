//! Finds the suites in a directory tree: directories with modules or a manifest.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::discover::{Found, listing};
use crate::error::BuildError;
use crate::wasi_test::{self, Manifest};

/// File name of a manifest.
const MANIFEST: &str = "manifest.json";

/// Directory of a suite.
pub(super) struct SuiteFolder {
    pub(super) path: PathBuf,
    /// Name in the manifest.
    pub(super) name: Option<String>,
    /// Modules and components (`.wasm`).
    pub(super) modules: Vec<PathBuf>,
    /// JSON files without a module of the same name.
    pub(super) without_module: Vec<PathBuf>,
}

/// Walk through a directory tree.
#[derive(Default)]
pub(super) struct Walk {
    pub(super) suites: Vec<SuiteFolder>,
    /// Numbers of directories and other files, for messages.
    pub(super) folders: usize,
    pub(super) files: usize,
    visited: BTreeSet<PathBuf>,
}

impl Walk {
    /// Visits a directory and its subdirectories, each once, even if several links lead to it. Directories that a test
    /// preopens contain its data, not suites.
    pub(super) fn visit(&mut self, found: &mut Found, folder: &Path) -> Result<(), BuildError> {
        let real = folder.canonicalize().map_err(BuildError::io("find the directory", folder))?;
        if !self.visited.insert(real) {
            return Ok(());
        }
        self.folders += 1;
        let (folders, files): (Vec<_>, Vec<_>) =
            listing::list(folder)?.into_iter().map(|entry| (entry.folder, entry.path)).partition(|(folder, _)| *folder);
        let files: Vec<PathBuf> = files.into_iter().map(|(_, path)| path).collect();
        let ends = |end: &'static str| {
            files.iter().filter(move |file| file.extension().is_some_and(|found| found == end)).cloned()
        };
        let modules: Vec<PathBuf> = ends("wasm").collect();
        self.files += files.len() - modules.len();
        let manifest = folder.join(MANIFEST);
        let mut data = BTreeSet::new();
        if !modules.is_empty() || files.contains(&manifest) {
            let jsons: Vec<PathBuf> = ends("json").filter(|file| *file != manifest).collect();
            data = jsons.iter().flat_map(|json| preopened(folder, json)).collect();
            self.suites.push(SuiteFolder {
                path: folder.to_path_buf(),
                name: if files.contains(&manifest) { name(found, &manifest) } else { None },
                without_module: jsons
                    .into_iter()
                    .filter(|json| !files.contains(&json.with_extension("wasm")))
                    .collect(),
                modules,
            });
        }
        for (_, inner) in folders {
            if !data.contains(&inner) {
                self.visit(found, &inner)?;
            }
        }
        Ok(())
    }
}

/// Returns the directories that a test preopens. A file that cannot be read is reported by its test.
fn preopened(folder: &Path, json: &Path) -> Vec<PathBuf> {
    let text = crate::system::read_to_string(json).unwrap_or_default();
    wasi_test::folders(&text).into_iter().map(|inner| folder.join(inner)).collect()
}

fn name(found: &mut Found, manifest: &Path) -> Option<String> {
    found.inputs.push(manifest.to_path_buf());
    let read = match crate::system::read_to_string(manifest) {
        Ok(text) => Manifest::read(&text).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match read {
        Ok(manifest) => manifest.name,
        Err(problem) => {
            found.problem(manifest, problem);
            None
        }
    }
}
