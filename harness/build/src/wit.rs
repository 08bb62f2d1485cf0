//! WIT from files, for modules that carry none themselves.

use std::path::{Path, PathBuf};

use polyfill_encoder::Wit;
use thiserror::Error;
use wit_parser::Resolve;

use crate::digest;
use crate::near;

/// WIT that cannot be used.
#[derive(Debug, Error)]
pub enum WitError {
    /// Nothing is at the path.
    #[error("no WIT at `{}`: neither a file nor a folder", path.display())]
    Missing {
        /// The path.
        path: PathBuf,
    },
    /// The text or the package has an error; the message shows path, line and column.
    #[error("{message}")]
    Parse {
        /// The path that was asked for.
        path: PathBuf,
        /// The parser's message.
        message: String,
    },
    /// The package has no such world, or several and none was named.
    #[error("`{}`: {message}", path.display())]
    World {
        /// The path that was asked for.
        path: PathBuf,
        /// Which worlds there are.
        message: String,
    },
}

/// Loads a `.wit` file, or a folder that is one package (its `deps` included), and picks the world of that name,
/// or the only one.
pub fn load(path: &Path, world: Option<&str>) -> Result<Wit, WitError> {
    if !path.exists() {
        return Err(WitError::Missing { path: path.to_path_buf() });
    }
    let mut resolve = Resolve { all_features: true, ..Resolve::default() };
    let (package, _) = resolve
        .push_path(path)
        .map_err(|error| WitError::Parse { path: path.to_path_buf(), message: resolve.render_error(&error) })?;
    let worlds = &resolve.packages[package].worlds;
    let names = || worlds.keys().map(String::as_str);
    let found = match world {
        Some(name) => {
            worlds.get(name).copied().ok_or_else(|| format!("no world `{name}`{}", near::hint(name, names())))
        }
        None => match worlds.len() {
            1 => Ok(worlds[0]),
            0 => Err("the package has no world".to_string()),
            _ => Err(format!("several worlds: name one of {}", names().collect::<Vec<_>>().join(", "))),
        },
    };
    match found {
        Ok(world) => Ok(Wit { resolve, world }),
        Err(message) => Err(WitError::World { path: path.to_path_buf(), message }),
    }
}

/// WIT named by a sidecar file: not parsed before an encoding needs it.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    pub(crate) path: PathBuf,
    pub(crate) world: Option<String>,
}

impl Reference {
    /// All files that loading may read, sorted.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        collect(&self.path, &mut files);
        files.sort();
        files
    }

    /// A hash over the content of all those files.
    pub(crate) fn digest(&self) -> String {
        let mut parts = digest::Parts::default();
        parts.add(self.world.as_deref().unwrap_or_default());
        for file in self.files() {
            let name = file.strip_prefix(&self.path).unwrap_or(&file);
            parts.add(name.to_string_lossy().as_bytes()).add(std::fs::read(&file).unwrap_or_default());
        }
        parts.finish()
    }

    pub(crate) fn load(&self) -> Result<Wit, WitError> {
        load(&self.path, self.world.as_deref())
    }
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_file() {
        files.push(path.to_path_buf());
    } else if let Ok(entries) = std::fs::read_dir(path) {
        for entry in entries.filter_map(Result::ok) {
            collect(&entry.path(), files);
        }
    }
}
