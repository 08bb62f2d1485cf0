//! Lists directories, sorted, without files of git, cargo, npm, editors and the operating system.

use std::path::{Path, PathBuf};

use crate::error::BuildError;
use crate::system;

/// Entry of a directory.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) folder: bool,
}

/// Returns the relevant entries of a directory by name. An entry that is neither a regular file nor a directory is an
/// error: reading a FIFO would block a compiler.
pub(super) fn list(folder: &Path) -> Result<Vec<Entry>, BuildError> {
    let entries = list_any(folder)?;
    for Entry { path, .. } in &entries {
        system::require_regular(path).map_err(BuildError::io("read", path))?;
    }
    Ok(entries)
}

/// Lists like [`list`], including entries of any kind.
pub(super) fn list_any(folder: &Path) -> Result<Vec<Entry>, BuildError> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(BuildError::io("list the directory", folder))? {
        let entry = entry.map_err(BuildError::io("list the directory", folder))?;
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let folder = path.is_dir();
        if !means_nothing(&name, folder) {
            entries.push(Entry { name, path, folder });
        }
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

/// Returns all files below a directory, sorted.
pub(super) fn files_below(folder: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let mut files = Vec::new();
    for entry in list(folder)? {
        if entry.folder {
            files.extend(files_below(&entry.path)?);
        } else {
            files.push(entry.path);
        }
    }
    Ok(files)
}

fn means_nothing(name: &str, folder: bool) -> bool {
    let left_over = name.starts_with('.') || name.ends_with('~') || name.ends_with(".actual");
    let document = name == "README.md" || name.starts_with("LICENSE");
    left_over || document || (folder && (name == "target" || name == "node_modules"))
}

/// Files of a cargo workspace or package other than its members and sources.
pub(super) const CARGO_FILES: [&str; 3] = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml"];

/// Files that name the npm packages of guests.
pub(super) const NPM_FILES: [&str; 2] = ["package.json", "package-lock.json"];
