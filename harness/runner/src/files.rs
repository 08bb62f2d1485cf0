//! The private directory of a run: made with the files of the case, and listed afterwards.
//!
//! Guests reach nothing else: the directories that are preopened lie in it, and wasmtime-wasi follows no path and no link out
//! of them. A case is checked here before anything is made of it, whoever wrote it ([`plan`]); laying out, listing and
//! removing go from one directory's handle to the next and follow no link ([`directory`]).

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

use polyfill_build::case::LimitName;
use tempfile::TempDir;
use thiserror::Error;

use self::directory::{Directory, Found, FoundKind, Visit};
use self::plan::{Kind, MOST_PATH, Plan, Planned};
use crate::host::Stop;
use crate::inputs::Inputs;
use crate::limits::Limits;
use crate::observation::{Outcome, Seen};

pub(crate) use self::meter::{Meter, Size, length};

/// Bytes of a path that an error shows.
const MOST_SHOWN: usize = 100;

/// A private directory that cannot be made or listed.
#[derive(Debug, Error)]
pub(crate) enum FilesError {
    /// The system refuses.
    #[error("the guest's files: cannot {doing} `{path}`: {source}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// Where, within the directory.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A path that is none.
    #[error("the guest's files: `{path}` {problem}")]
    Path {
        /// The path.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A content that cannot be read.
    #[error("the guest's files: `{path}`: {problem}")]
    Content {
        /// The path.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A preopen that is no directory of the case.
    #[error("`preopens`: `{name}` is `{path}`, which is no directory of `files`")]
    Preopen {
        /// The name of the preopen.
        name: String,
        /// What it is given as.
        path: String,
    },
    /// Too many preopens.
    #[error("`preopens`: {count} directories, expected at most {most}")]
    Preopens {
        /// How many there are.
        count: usize,
        /// How many there may be.
        most: usize,
    },
    /// The case has more bytes of files than a run may have.
    #[error(
        "the guest's files: {total} bytes in all, expected at most {limit} (help: lay out less, or raise `limits.files` of \
         the case)"
    )]
    Bytes {
        /// Bytes of all files.
        total: u64,
        /// The limit.
        limit: usize,
    },
    /// The case has too many files.
    #[error("the guest's files: expected at most {most} files, directories and links, found more")]
    Entries {
        /// How many there may be.
        most: usize,
    },
    /// A run has left more than can be listed.
    #[error("{0}")]
    TooMuch(String),
}

/// The private directory of a run. Dropping it removes everything in it.
pub(crate) struct Files {
    root: Arc<Directory>,
    folder: TempDir,
    size: Size,
    /// Entries that there may be.
    most: usize,
    pub(crate) preopens: Vec<Opened>,
}

/// A directory that is preopened.
pub(crate) struct Opened {
    /// As the guest sees it.
    pub(crate) name: String,
    /// Its path on this machine.
    pub(crate) folder: PathBuf,
    pub(crate) read_only: bool,
    handle: Directory,
}

impl Opened {
    /// A path by which it is opened here, and nothing else: not even if something else lies at [`folder`](Self::folder) by
    /// then.
    pub(crate) fn path(&self) -> PathBuf {
        self.handle.path_for_opening(&self.folder)
    }
}

impl Files {
    /// Makes the directory of a run; `None` where the case has no files. Nothing is written before all of the case's files
    /// are known to lie in the directory and to be within the limits.
    pub(crate) fn lay_out(inputs: &Inputs, limits: &Limits) -> Result<Option<Self>, FilesError> {
        let Some(preopens) = &inputs.preopens else { return Ok(None) };
        let plan = Plan::of(&inputs.files, limits)?;
        plan.check_preopens(preopens)?;
        let size = Size { bytes: plan.bytes, entries: plan.entries.len() };
        let folder = private_directory().map_err(failed("make a directory for", ""))?;
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
        // Entries are sorted: those of one directory mostly follow each other.
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

    /// Sets times and permissions of directories: after all entries, which change the times, and those below first, which
    /// could not be reached without the permissions.
    fn finish(&self, plan: &Plan<'_>) -> Result<(), FilesError> {
        for (path, planned) in plan.entries.iter().rev() {
            if matches!(planned.kind, Kind::Directory) {
                let directory = self.root.below(path).and_then(|directory| directory.as_file());
                set(&directory.map_err(failed("open", path))?, path, planned)?;
            }
        }
        // Its permissions stay as they are: nobody else looks into it.
        let root = self.root.as_file().map_err(failed("open", ""))?;
        root.set_times(times(crate::host::WALL_CLOCK_SECONDS as i64)?).map_err(failed("set the time of", ""))
    }

    /// Counts what the guest adds.
    pub(crate) fn meter(&self, limits: &Limits) -> Meter {
        let most = Size { bytes: limits.files as u64, entries: limits.entries };
        Meter::new(self.root.clone(), most, self.size)
    }

    /// A way to ask for the limit that the files are beyond, if they are: for hosts whose calls are not counted. Files that
    /// cannot be measured are beyond any limit.
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
            // Whoever writes meanwhile may move a directory: another try finds it where it is.
            let measure = || meter::measure(&root, most.entries, std::iter::empty());
            let size = measure().or_else(|_| measure()).or_else(|_| measure());
            *last = Some((Instant::now(), began.elapsed()));
            match size {
                Ok(size) => size.exceeds(most),
                Err(error) => Some(Stop::FilesUnknown { why: error.to_string() }),
            }
        }
    }

    /// All that is in it now: `most` bytes of files at most, each name of a file counted.
    pub(crate) fn look(&self, most: usize) -> Result<BTreeMap<String, Seen>, FilesError> {
        let mut look = Look { left: most, most, entries: self.most, seen: BTreeMap::new() };
        self.root.walk(&mut look)?;
        Ok(look.seen)
    }
}

/// How many times as long as measuring takes nothing is measured again.
const PAUSE: u32 = 20;

impl Drop for Files {
    fn drop(&mut self) {
        // What is left then is tried by `TempDir`, by paths.
        let _ = self.root.clear();
    }
}

/// Makes an empty directory that no other user can look into.
fn private_directory() -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir()
}

/// A run's outcome, and what it has left in its directory, if it has one. More than can be listed is an outcome of its own.
pub(crate) fn left(files: Option<&Files>, most: usize, outcome: Outcome) -> (Outcome, Option<BTreeMap<String, Seen>>) {
    let message = match files.map(|files| files.look(most)).transpose() {
        Ok(files) => return (outcome, files),
        Err(error) => error.to_string(),
    };
    match outcome {
        // That came first.
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

/// Lists what it visits.
struct Look {
    most: usize,
    /// Bytes of files that may still come.
    left: usize,
    /// Entries that there may be.
    entries: usize,
    seen: BTreeMap<String, Seen>,
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
        if self.seen.len() == self.entries {
            return Err(FilesError::TooMuch(format!("more than {} files, directories and links", self.entries)));
        }
        let path = directory::text(path);
        let seen = self.seen(found).map_err(failed("look at", &path))?;
        let seen = seen.ok_or_else(|| FilesError::TooMuch(format!("more than {} bytes of files", self.most)))?;
        self.seen.insert(path, seen);
        Ok(())
    }
}

impl Look {
    /// An entry; `None` for a file longer than what is left.
    fn seen(&mut self, found: &Found<'_>) -> io::Result<Option<Seen>> {
        let (mode, modified) = (found.mode(), found.modified());
        Ok(match found.kind() {
            FoundKind::Link => Some(Seen::Link { to: found.target()? }),
            FoundKind::Directory => Some(Seen::Folder { mode, modified }),
            FoundKind::Other => Some(Seen::Other),
            FoundKind::File => {
                // Whatever the file says of its length, no more than is left gets into memory.
                let mut content = Vec::new();
                found.open()?.take(self.left as u64 + 1).read_to_end(&mut content)?;
                self.left.checked_sub(content.len()).map(|rest| {
                    self.left = rest;
                    Seen::File { content, mode, modified }
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

/// A path in an error: the end of one that is very long is left out.
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
