//! Private directory of a run: created with the files of the case, and listed afterwards.
//!
//! Guests cannot access anything else: preopened directories are inside of it, and wasmtime-wasi follows no path and no
//! link out of them. Cases are untrusted and validated before anything is created ([`plan`]). Creating, listing and
//! removing entries is relative to directory handles and follows no links ([`directory`]).

#[cfg(unix)]
mod directory;
#[cfg(not(unix))]
#[path = "files/elsewhere.rs"]
mod directory;
mod meter;
mod plan;

use std::collections::BTreeMap;
use std::fs::{File, FileTimes};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use polyfill_builder::case::LimitName;
use polyfill_builder::system::{PrivateDir, private_dir};
use thiserror::Error;

use self::directory::{Directory, Found, FoundKind, Visit};
use self::plan::{Kind, MOST_PATH, Plan, Planned};
use crate::host::Stop;
use crate::inputs::Inputs;
use crate::limits::Limits;
use crate::observation::{FileState, Outcome};

pub(crate) use self::meter::{Meter, Size, length};

/// Maximum number of bytes of a path in an error.
const MOST_SHOWN: usize = 100;

/// Error in creating or listing a private directory.
#[derive(Debug, Error)]
pub(crate) enum FilesError {
    /// A system call failed.
    #[error("the guest's files: cannot {doing} `{path}`: {source}")]
    Io {
        /// Failed operation.
        doing: &'static str,
        /// Path within the directory.
        path: String,
        /// Cause of the error.
        source: io::Error,
    },
    /// Invalid path.
    #[error("the guest's files: `{path}` {problem}")]
    Path {
        /// The path.
        path: String,
        /// Description of the error.
        problem: String,
    },
    /// Invalid content of an entry.
    #[error("the guest's files: `{path}`: {problem}")]
    Content {
        /// The path.
        path: String,
        /// Description of the error.
        problem: String,
    },
    /// A preopen is not a directory of the case.
    #[error("`preopens`: `{name}` is `{path}`, which is not a directory in `files`")]
    Preopen {
        /// Name of the preopen.
        name: String,
        /// Path of the preopen in the case.
        path: String,
    },
    /// Too many preopens.
    #[error("`preopens`: {count} directories, expected at most {most}")]
    Preopens {
        /// Number of preopens.
        count: usize,
        /// Maximum number.
        most: usize,
    },
    /// The case's files exceed the byte limit.
    #[error(
        "the guest's files: {total} bytes in all, expected at most {limit} (help: reduce the files, or \
         raise `limits.files` of the case)"
    )]
    Bytes {
        /// Bytes of all files.
        total: u64,
        /// Limit in bytes.
        limit: usize,
    },
    /// The case has too many files.
    #[error("the guest's files: expected at most {most} files, directories and links, found more")]
    Entries {
        /// Maximum number of entries.
        most: usize,
    },
    /// The remaining files are too large or too many to list.
    #[error("{0}")]
    TooMuch(String),
}

/// Private directory of a run. Removed with all contents on drop.
pub(crate) struct Files {
    root: Arc<Directory>,
    folder: PrivateDir,
    size: Size,
    /// Maximum number of entries.
    most: usize,
    pub(crate) preopens: Vec<Opened>,
}

/// Preopened directory.
pub(crate) struct Opened {
    /// Path in the guest.
    pub(crate) name: String,
    /// Path on this machine.
    pub(crate) folder: PathBuf,
    pub(crate) read_only: bool,
    handle: Directory,
}

impl Opened {
    /// Path that opens exactly this directory, even if [`folder`](Self::folder) has been replaced in the meantime.
    pub(crate) fn path(&self) -> PathBuf {
        self.handle.path_for_opening(&self.folder)
    }
}

impl Files {
    /// Creates the directory of a run; `None` if the case has no files. Nothing is written before all files of the case
    /// are validated.
    pub(crate) fn lay_out(inputs: &Inputs, limits: &Limits) -> Result<Option<Self>, FilesError> {
        let Some(preopens) = &inputs.preopens else { return Ok(None) };
        let plan = Plan::of(&inputs.files, limits)?;
        plan.check_preopens(preopens)?;
        let size = Size { bytes: plan.bytes, entries: plan.entries.len() };
        let folder = private_dir().map_err(failed("make a directory for", ""))?;
        let root = Arc::new(Directory::open(folder.path()).map_err(failed("open", ""))?);
        let mut files = Self { root, folder, size, most: limits.entries, preopens: Vec::new() };
        files.make(&plan)?;
        for (name, preopen) in preopens {
            let path = preopen.folder();
            files.preopens.push(Opened {
                name: name.clone(),
                folder: if path.is_empty() { files.path().to_path_buf() } else { files.path().join(path) },
                read_only: preopen.is_read_only(),
                handle: files.root.below(path).map_err(failed("open", path))?,
            });
        }
        files.finish(&plan)?;
        Ok(Some(files))
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn make(&self, plan: &Plan<'_>) -> Result<(), FilesError> {
        // Entries are sorted, so those of one directory are mostly adjacent.
        let mut last: Option<(&str, Directory)> = None;
        for (path, planned) in &plan.entries {
            let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
            let directory = match last.take() {
                Some((at, directory)) if at == parent => directory,
                _ => self.root.below(parent).map_err(failed("open", parent))?,
            };
            match planned.kind {
                Kind::Directory => directory.make_directory(name).map_err(failed("make the directory", path))?,
                Kind::Link(target) => directory.make_link(name, target).map_err(failed("link", path))?,
                Kind::File(content) => {
                    let mut file = directory.make_file(name).map_err(failed("write", path))?;
                    content.write_to(&mut file).map_err(failed("write", path))?;
                    set(&file, path, planned)?;
                }
            }
            last = Some((parent, directory));
        }
        Ok(())
    }

    /// Sets times and permissions of directories: after creating all entries, which changes the times, and bottom-up,
    /// because entries below may become inaccessible.
    fn finish(&self, plan: &Plan<'_>) -> Result<(), FilesError> {
        for (path, planned) in plan.entries.iter().rev() {
            if matches!(planned.kind, Kind::Directory) {
                let directory = self.root.below(path).and_then(|directory| directory.as_file());
                set(&directory.map_err(failed("open", path))?, path, planned)?;
            }
        }
        // The root's permissions stay unchanged: it is already private.
        let root = self.root.as_file().map_err(failed("open", ""))?;
        root.set_times(times(crate::host::WALL_CLOCK_SECONDS as i64)?).map_err(failed("set the time of", ""))
    }

    /// Returns the meter that counts the guest's additions.
    pub(crate) fn meter(&self, limits: &Limits) -> Meter {
        let most = Size { bytes: limits.files as u64, entries: limits.entries };
        Meter::new(self.root.clone(), most, self.size)
    }

    /// Returns a function that reports the exceeded limit, if any: for hosts whose calls are not counted. Files that
    /// cannot be measured count as beyond the limit.
    pub(crate) fn exceeded(&self, limits: &Limits) -> impl Fn() -> Option<Stop> + Send + Sync + 'static {
        let root = self.root.clone();
        let most = Size { bytes: limits.files as u64, entries: limits.entries };
        let last: Mutex<Option<(Instant, Duration)>> = Mutex::new(None);
        move || {
            let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
            if last.is_some_and(|(ended, took)| ended.elapsed() < took.saturating_mul(PAUSE)) {
                return None;
            }
            let began = Instant::now();
            // A concurrent writer may move a directory during the walk; retry.
            let measure = || meter::measure(&root, most.entries, std::iter::empty());
            let size = measure().or_else(|_| measure()).or_else(|_| measure());
            *last = Some((Instant::now(), began.elapsed()));
            match size {
                Ok(size) => size.exceeds(most),
                Err(error) => Some(Stop::FilesUnknown { why: error.to_string() }),
            }
        }
    }

    /// Lists all contents. `most` bounds the bytes of files; a file with several names counts once per name.
    pub(crate) fn look(&self, most: usize) -> Result<BTreeMap<String, FileState>, FilesError> {
        let mut look = Look { left: most, most, entries: self.most, states: BTreeMap::new() };
        self.root.walk(&mut look)?;
        Ok(look.states)
    }
}

/// Minimum pause between measurements, as a multiple of the duration of one.
const PAUSE: u32 = 20;

impl Drop for Files {
    fn drop(&mut self) {
        // `PrivateDir` then tries to remove the rest by path.
        let _ = self.root.clear();
    }
}

/// Returns a run's outcome and the remaining files. Exceeding a limit of the listing is an outcome.
pub(crate) fn left(
    files: Option<&Files>,
    most: usize,
    outcome: Outcome,
) -> (Outcome, Option<BTreeMap<String, FileState>>) {
    let message = match files.map(|files| files.look(most)).transpose() {
        Ok(files) => return (outcome, files),
        Err(error) => error.to_string(),
    };
    match outcome {
        // The earlier outcome takes precedence.
        Outcome::Limit { .. } | Outcome::Timeout { .. } | Outcome::NotRun(_) | Outcome::HostFailed(_) => {
            (outcome, None)
        }
        _ => (Outcome::Limit { limit: LimitName::Files, message }, None),
    }
}

fn set(file: &File, path: &str, planned: &Planned<'_>) -> Result<(), FilesError> {
    file.set_times(times(planned.modified)?).map_err(failed("set the time of", path))?;
    set_mode(file, planned.mode).map_err(failed("set the permissions of", path))
}

fn times(seconds: i64) -> Result<FileTimes, FilesError> {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let time: Option<SystemTime> =
        if seconds < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
    let time = time.ok_or_else(|| failed("set the time of", "")(io::ErrorKind::InvalidInput.into()))?;
    Ok(FileTimes::new().set_modified(time).set_accessed(time))
}

#[cfg(unix)]
fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_file: &File, _mode: u32) -> io::Result<()> {
    Ok(())
}

/// Lists the visited entries.
struct Look {
    most: usize,
    /// Remaining bytes for file contents.
    left: usize,
    /// Maximum number of entries.
    entries: usize,
    states: BTreeMap<String, FileState>,
}

impl Visit for Look {
    type Error = FilesError;

    fn most_names(&self) -> usize {
        self.entries.saturating_add(1)
    }

    fn enter(&mut self, path: &[u8], found: &Found<'_>) -> Result<(), FilesError> {
        if path.len() > MOST_PATH {
            return Err(FilesError::TooMuch(format!("a path of more than {MOST_PATH} bytes")));
        }
        if self.states.len() == self.entries {
            return Err(FilesError::TooMuch(format!("more than {} files, directories and links", self.entries)));
        }
        let path = directory::text(path);
        let state = self.state(found).map_err(failed("inspect", &path))?;
        let state = state.ok_or_else(|| FilesError::TooMuch(format!("more than {} bytes of files", self.most)))?;
        self.states.insert(path, state);
        Ok(())
    }
}

impl Look {
    /// Returns an entry; `None` for a file that exceeds the remaining bytes.
    fn state(&mut self, found: &Found<'_>) -> io::Result<Option<FileState>> {
        let (mode, modified) = (found.mode(), found.modified());
        Ok(match found.kind() {
            FoundKind::Link => Some(FileState::Link { to: found.target()? }),
            FoundKind::Directory => Some(FileState::Folder { mode, modified }),
            FoundKind::Other => Some(FileState::Other),
            FoundKind::File => {
                // Read at most the remaining bytes, even if the file is longer than reported.
                let mut content = Vec::new();
                found.open()?.take(self.left as u64 + 1).read_to_end(&mut content)?;
                self.left.checked_sub(content.len()).map(|rest| {
                    self.left = rest;
                    FileState::File { content, mode, modified }
                })
            }
        })
    }
}

impl From<io::Error> for FilesError {
    fn from(error: io::Error) -> Self {
        failed("list", "")(error)
    }
}

/// Formats a path for an error, abbreviated if it is long.
fn shown(path: &str) -> String {
    match path.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{}..", &path[..end]),
        None => path.to_string(),
    }
}

fn failed<'a>(doing: &'static str, path: &'a str) -> impl Fn(io::Error) -> FilesError + use<'a> {
    move |source| FilesError::Io { doing, path: shown(path), source }
}

#[cfg(all(test, unix))]
mod tests;
