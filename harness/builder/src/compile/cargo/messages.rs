//! Parses the output of `cargo build --message-format=json`, grouped by package.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Packages;

/// Line of cargo's standard output.
#[derive(Deserialize)]
struct Line {
    reason: String,
    manifest_path: Option<PathBuf>,
    target: Option<Target>,
    message: Option<Diagnostic>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
    #[serde(default)]
    fresh: bool,
}

#[derive(Deserialize)]
struct Target {
    #[serde(default)]
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct Diagnostic {
    level: String,
    message: String,
    rendered: Option<String>,
}

/// Modules and errors by package directory.
pub(super) struct Messages {
    modules: BTreeMap<PathBuf, Vec<(PathBuf, bool)>>,
    errors: BTreeMap<PathBuf, String>,
    /// Standard error of cargo.
    stderr: String,
    success: bool,
}

impl Messages {
    pub(super) fn parse(stdout: &[u8], stderr: &str, success: bool) -> Messages {
        let mut messages =
            Messages { modules: BTreeMap::new(), errors: BTreeMap::new(), stderr: own_words(stderr), success };
        let lines = stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Line>(line).ok());
        for line in lines {
            messages.add(line);
        }
        messages
    }

    fn add(&mut self, line: Line) {
        let Some(package) = line.manifest_path.as_deref().and_then(Path::parent).map(Path::to_path_buf) else {
            return;
        };
        match (line.reason.as_str(), line.message) {
            ("compiler-artifact", _) => {
                let kinds = line.target.map(|target| target.kind).unwrap_or_default();
                if kinds.iter().any(|kind| kind == "bin" || kind == "cdylib") {
                    let wasm =
                        line.filenames.into_iter().filter(|file| file.extension().is_some_and(|end| end == "wasm"));
                    self.modules.entry(package).or_default().extend(wasm.map(|file| (file, line.fresh)));
                }
            }
            ("compiler-message", Some(diagnostic)) => {
                let summary = diagnostic.message.starts_with("aborting due to");
                if diagnostic.level.starts_with("error") && !summary {
                    let text = diagnostic.rendered.unwrap_or(diagnostic.message);
                    self.errors.entry(package).or_default().push_str(&text);
                }
            }
            _ => {}
        }
    }

    /// Returns true if cargo failed because the lock file is out of date.
    pub(super) fn lock_does_not_fit(&self) -> bool {
        !self.success && self.stderr.contains("--locked")
    }

    /// Returns the module of the package in a directory, and true if it was not rebuilt.
    ///
    /// # Errors
    ///
    /// Returns the reason if the package has no module, or several.
    pub(super) fn module(&self, package: &Path, packages: &Packages) -> Result<(PathBuf, bool), String> {
        if let Some(errors) = self.errors.get(package) {
            return Err(errors.clone());
        }
        match self.modules.get(package).map(Vec::as_slice) {
            Some([(file, fresh)]) => Ok((file.clone(), *fresh)),
            Some(several) if several.len() > 1 => Err(format!(
                "the package has {} programs or `cdylib` libraries ({}), expected one",
                several.len(),
                several.iter().filter_map(|(file, _)| file.file_name()?.to_str()).collect::<Vec<_>>().join(", ")
            )),
            _ if self.success => {
                Err("cargo built no module for this package: is it in `members` of the workspace's Cargo.toml?"
                    .to_string())
            }
            _ => {
                // A dependency has errors, or cargo failed before it compiled the package.
                let library = |folder: &&PathBuf| !packages.values().any(|package| package == *folder);
                let errors = self.errors.iter().filter(|(folder, _)| library(folder)).map(|(_, error)| error.as_str());
                let errors: String = errors.collect();
                Err(if errors.is_empty() { self.stderr.clone() } else { errors })
            }
        }
    }
}

/// Returns cargo's standard error without progress.
fn own_words(stderr: &str) -> String {
    let progress = ["Compiling", "Fresh", "Finished", "Updating", "Downloading", "Downloaded", "Locking", "Blocking"];
    let is_progress = |line: &&str| progress.iter().any(|word| line.trim_start().starts_with(word));
    stderr.lines().filter(|line| !is_progress(line)).collect::<Vec<_>>().join("\n")
}
