//! Where everything is written, and the lock that keeps two builds apart.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::cache;
use crate::digest;
use crate::error::BuildError;
use crate::index::{self, Index};

/// Taken while a build runs; given back when it is dropped, or when the process ends.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for other builds of the same suite.
    pub(crate) fn take(work: &Path) -> Result<Lock, BuildError> {
        let path = work.join("lock");
        std::fs::create_dir_all(work).map_err(BuildError::io("create the folder", work))?;
        let file = File::create(&path).map_err(BuildError::io("create the lock", &path))?;
        file.lock().map_err(BuildError::io("lock", &path))?;
        Ok(Lock { _file: file })
    }
}

/// The folder for all work on the suite at `root`, within a target folder that suites can share.
pub(crate) fn work_dir(target: &Path, root: &Path) -> PathBuf {
    let name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let hash = digest::of(root.as_os_str().as_encoded_bytes());
    target.join("polyfill").join(format!("{name}-{}", &hash[..8]))
}

/// The target folder of a suite outside of build scripts.
pub(crate) fn target_dir(root: &Path) -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => std::env::current_dir().unwrap_or_default().join(folder),
        None => root.join("target"),
    }
}

/// The target folder around a build script's `OUT_DIR`: it outlives changes of the script and goes with
/// `cargo clean`. Cargo tags it.
pub(crate) fn target_dir_around(out_dir: &Path) -> PathBuf {
    let tagged = out_dir.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    tagged.unwrap_or(out_dir).to_path_buf()
}

/// Writes the index, if it changed.
pub(crate) fn write_index(out_dir: &Path, index: &Index) -> Result<(), BuildError> {
    let path = out_dir.join(index::FILE);
    let write = || cache::write(&path, &serde_json::to_vec_pretty(index)?);
    write().map_err(BuildError::io("write", &path))
}
