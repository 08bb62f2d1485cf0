//! Loads WIT from files, for modules that do not embed it.

use std::path::{Path, PathBuf};

use polyfill_encoder::Wit;
use thiserror::Error;
use wit_parser::{PackageId, Resolve};

use crate::digest;
use crate::features::{Features, Gated};
use crate::near;
use crate::system;

/// Error in loading WIT.
#[derive(Debug, Error)]
pub enum WitError {
    /// Nothing is at the path.
    #[error("no WIT at `{}`: expected a file or a directory", path.display())]
    Missing {
        /// The path.
        path: PathBuf,
    },
    /// A file of the package cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The text or the package has an error; the message shows path, line and column.
    #[error("{message}")]
    Parse {
        /// The path that was asked for.
        path: PathBuf,
        /// The parser's message.
        message: String,
    },
    /// Nothing in the WIT is gated by a feature of that name.
    #[error("no `@unstable(feature = {feature})` in the WIT that was given{hint}")]
    Feature {
        /// The feature that was asked for.
        feature: String,
        /// The features that there are.
        hint: String,
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

impl WitError {
    /// Returns the error for an unknown feature.
    pub fn feature(feature: &str, known: &Gated) -> WitError {
        let names = || known.features();
        let hint = if names().next().is_none() {
            "; nothing in it is gated by a feature".to_string()
        } else {
            near::hint(feature, names())
        };
        WitError::Feature { feature: feature.to_string(), hint }
    }
}

/// Loads a `.wit` file, or a directory that is one package with its `deps`, and selects the named world, or the only
/// one. `@unstable` items are omitted.
pub fn load(path: &Path, world: Option<&str>) -> Result<Wit, WitError> {
    load_with(path, world, &Features::default())
}

/// Loads WIT as [`load`] does, with the `@unstable` items of some features.
pub fn load_with(path: &Path, world: Option<&str>, features: &Features) -> Result<Wit, WitError> {
    let (resolve, package) = parse(path, features)?;
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

/// Returns the gated items of the WIT at a path.
pub fn gated(path: &Path) -> Result<Gated, WitError> {
    parse(path, &Features::all()).map(|(resolve, _)| Gated::of(&resolve))
}

fn parse(path: &Path, features: &Features) -> Result<(Resolve, PackageId), WitError> {
    if !path.exists() {
        return Err(WitError::Missing { path: path.to_path_buf() });
    }
    for file in read_by_parser(path) {
        system::require_regular(&file).map_err(|source| WitError::Read { path: file, source })?;
    }
    let mut resolve = features.resolve();
    match resolve.push_path(path) {
        Ok((package, _)) => Ok((resolve, package)),
        Err(error) => Err(WitError::Parse { path: path.to_path_buf(), message: resolve.render_error(&error) }),
    }
}

/// The files that the parser would open: those of the package and of its `deps`, which it opens whatever they are.
fn read_by_parser(path: &Path) -> Vec<PathBuf> {
    let entries = |folder: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect()
    };
    if !path.is_dir() {
        return vec![path.to_path_buf()];
    }
    let mut files = entries(path);
    for dependency in entries(&path.join("deps")) {
        files.extend(entries(&dependency));
        files.push(dependency);
    }
    let ends = ["wit", "wat", "wasm"];
    files.retain(|file| file.extension().and_then(|end| end.to_str()).is_some_and(|end| ends.contains(&end)));
    files
}

/// WIT named by a sidecar file: not parsed before an encoding needs it.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    pub(crate) path: PathBuf,
    pub(crate) world: Option<String>,
    pub(crate) features: Features,
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
        parts.add(self.world.as_deref().unwrap_or_default()).add(self.features.word());
        for file in self.files() {
            let name = file.strip_prefix(&self.path).unwrap_or(&file);
            parts.add(name.to_string_lossy().as_bytes()).add(crate::system::read(&file).unwrap_or_default());
        }
        parts.finish()
    }

    /// Loads it with additional features.
    pub(crate) fn load(&self, features: &Features) -> Result<Wit, WitError> {
        let wit = load_with(&self.path, self.world.as_deref(), &self.features.and(features))?;
        self.check(&self.features)?;
        Ok(wit)
    }

    /// Checks that each enabled feature gates an item.
    fn check(&self, wanted: &Features) -> Result<(), WitError> {
        if *wanted == Features::default() {
            return Ok(());
        }
        let known = gated(&self.path)?;
        match wanted.missing(&known).next() {
            Some(feature) => Err(WitError::feature(feature, &known)),
            None => Ok(()),
        }
    }

    /// Returns the items that these features omit.
    pub(crate) fn left_out(&self, features: &Features) -> Gated {
        self.features.and(features).left_out(&gated(&self.path).unwrap_or_default())
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
