//! Provides the environment of compilations: directories, settings, and tools, each of which is searched for once.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::assemblyscript::Asc;
use super::c::{Compiler, Missing};
use super::go::Go;
use super::rust::Rust;
use super::script::Scripts;
use crate::settings::Settings;
use crate::system::variables;

/// Environment that all compilations share.
pub(crate) struct Workshop<'a> {
    /// Canonical path of the suite's directory.
    pub(crate) root: &'a Path,
    /// Directory for intermediate files.
    pub(crate) work: &'a Path,
    pub(crate) settings: &'a Settings,
    /// Receives a line of text before each slow step.
    pub(super) progress: fn(&str),
    rust: OnceLock<Result<Rust, String>>,
    c: OnceLock<Result<Compiler, Missing>>,
    go: OnceLock<Result<Go, String>>,
    assemblyscript: OnceLock<Result<Asc, String>>,
    scripts: Scripts,
}

impl<'a> Workshop<'a> {
    pub(crate) fn new(root: &'a Path, work: &'a Path, settings: &'a Settings, progress: fn(&str)) -> Workshop<'a> {
        let (rust, c, go, assemblyscript, scripts) = Default::default();
        Workshop { root, work, settings, progress, rust, c, go, assemblyscript, scripts }
    }

    pub(super) fn rust(&self) -> Result<&Rust, String> {
        self.rust.get_or_init(|| Rust::find(self)).as_ref().map_err(String::clone)
    }

    pub(super) fn c(&self) -> Result<&Compiler, &Missing> {
        self.c.get_or_init(|| Compiler::find(self)).as_ref()
    }

    pub(super) fn go(&self) -> Result<&Go, String> {
        self.go.get_or_init(|| Go::find(self)).as_ref().map_err(String::clone)
    }

    pub(super) fn assemblyscript(&self) -> Result<&Asc, String> {
        self.assemblyscript.get_or_init(|| Asc::find(self)).as_ref().map_err(String::clone)
    }

    pub(super) fn scripts(&self) -> &Scripts {
        &self.scripts
    }

    /// Returns the file of a compilation's record.
    pub(crate) fn record(&self, name: &str) -> PathBuf {
        self.work.join("records").join(format!("{name}.json"))
    }

    /// Searches for a program.
    pub(super) fn program(&self, name: &str) -> Option<PathBuf> {
        if name.contains(['/', '\\']) {
            return Path::new(name).is_file().then(|| PathBuf::from(name));
        }
        let folders = self.settings.path.clone().unwrap_or_else(variables::path);
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        folders.into_iter().map(|folder| folder.join(&file)).find(|file| file.is_file())
    }

    /// Replaces directories of this machine in a message for the index.
    pub(crate) fn scrub(&self, message: &str) -> String {
        let mut message = message.replace("\r\n", "\n");
        for (folder, name) in self.folders() {
            let inner = format!("{folder}{}", std::path::MAIN_SEPARATOR);
            let shown = if name == "." { String::new() } else { format!("{name}/") };
            message = message.replace(&inner, &shown).replace(&folder, name);
        }
        message.trim_end().to_string()
    }

    /// Returns directories with their replacements, inner directories first.
    fn folders(&self) -> Vec<(String, &'static str)> {
        let mut folders = vec![(self.work.display().to_string(), "$BUILD"), (self.root.display().to_string(), ".")];
        if let Some(home) = cargo_home() {
            folders.push((home.display().to_string(), "$CARGO_HOME"));
        }
        folders.sort_by_key(|(folder, _)| std::cmp::Reverse(folder.len()));
        folders
    }
}

/// Returns cargo's home directory.
pub(super) fn cargo_home() -> Option<PathBuf> {
    let home = || std::env::home_dir().filter(|home| !home.as_os_str().is_empty()).map(|home| home.join(".cargo"));
    variables::variable("CARGO_HOME").map(PathBuf::from).or_else(home)
}
