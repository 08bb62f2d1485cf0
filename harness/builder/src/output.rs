//! Determines the output paths, and locks them against concurrent builds.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::cache;
use crate::digest;
use crate::error::BuildError;
use crate::index::{self, Index};
use crate::system::variables;
use crate::terminal;

/// Time to wait for a lock before the wait is reported.
const SILENT: Duration = Duration::from_millis(500);

/// Time between two attempts to take a lock.
const PAUSE: Duration = Duration::from_millis(20);

/// Lock of a running build; released when dropped, or when the process ends.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for other builds of the same suite. A long wait is reported on standard error, once.
    pub(crate) fn take(work: &Path) -> Result<Lock, BuildError> {
        let path = work.join("lock");
        std::fs::create_dir_all(work).map_err(BuildError::io("create the directory", work))?;
        // Its content is the holder's, which may be another process.
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let file = open.map_err(BuildError::io("create the lock", &path))?;
        wait_for(&file, &path).map_err(BuildError::io("lock", &path))?;
        // For those that wait; a lock without a name is one, too.
        let _ = write_holder(&file);
        Ok(Lock { _file: file })
    }
}

fn wait_for(file: &File, path: &Path) -> io::Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < SILENT {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            Err(TryLockError::Error(error)) => return Err(error),
            Ok(()) => return Ok(()),
        }
    }
    let holder = holder(path).map(|process| format!(" (process {process})")).unwrap_or_default();
    let lock = path.display();
    let message = format!("waiting for another build of this suite{holder}, which holds the lock `{lock}`");
    terminal::note(&message);
    file.lock()
}

fn write_holder(mut file: &File) -> io::Result<()> {
    file.set_len(0)?;
    write!(file, "{}", std::process::id())
}

/// Returns the process id that the lock's holder wrote to the lock file.
fn holder(path: &Path) -> Option<u32> {
    let mut text = String::new();
    File::open(path).ok()?.take(20).read_to_string(&mut text).ok()?;
    text.parse().ok()
}

/// Returns the work directory of the suite at `root`, in a target directory that suites can share.
pub(crate) fn work_dir(target: &Path, root: &Path) -> PathBuf {
    let name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let hash = digest::of(root.as_os_str().as_encoded_bytes());
    target.join("polyfill").join(format!("{name}-{}", &hash[..8]))
}

/// Returns the target directory of a suite outside of build scripts.
pub(crate) fn target_dir(root: &Path) -> PathBuf {
    match variables::variable("CARGO_TARGET_DIR") {
        Some(folder) => std::env::current_dir().unwrap_or_default().join(folder),
        None => root.join("target"),
    }
}

/// Returns the target directory that contains a build script's `OUT_DIR`, found by its `CACHEDIR.TAG`. It persists
/// across changes of the script and is removed by `cargo clean`.
pub(crate) fn target_dir_around(out_dir: &Path) -> PathBuf {
    let tagged = out_dir.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    tagged.unwrap_or(out_dir).to_path_buf()
}

/// Writes the index if it changed.
pub(crate) fn write_index(out_dir: &Path, index: &Index) -> Result<(), BuildError> {
    let path = out_dir.join(index::FILE);
    let write = || cache::write(&path, &serde_json::to_vec_pretty(index)?);
    write().map_err(BuildError::io("write", &path))
}
