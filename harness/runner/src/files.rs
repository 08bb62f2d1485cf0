//! The private folder of a run: made with what the case has in it, and looked at afterwards.
//!
//! Guests reach nothing else: the folders that are preopened lie in it, and wasmtime-wasi follows no path and no link out of
//! them. Looking follows no link either.

use std::collections::BTreeMap;
use std::fs::{self, File, FileTimes, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use polyfill_build::case::LimitName;
use polyfill_build::system::{PrivateDir, private_dir};
use polyfill_build::tree::{self, Entry, Node};
use thiserror::Error;

use crate::host::WALL_CLOCK_SECONDS;
use crate::inputs::Inputs;
use crate::observation::{Outcome, Seen};

/// A private folder that cannot be made or looked at.
#[derive(Debug, Error)]
pub(crate) enum FilesError {
    /// The system refuses.
    #[error("the guest's files: cannot {doing} `{path}`: {source}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// Where, within the folder.
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
        problem: &'static str,
    },
    /// A content that cannot be read.
    #[error("the guest's files: `{path}`: {problem}")]
    Content {
        /// The path.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Nobody could look at all of that.
    #[error("more than {bytes} bytes of files")]
    TooMuch {
        /// How many it may leave.
        bytes: usize,
    },
}

/// The private folder of a run. It goes when this is dropped.
pub(crate) struct Files {
    folder: PrivateDir,
    pub(crate) preopens: Vec<Opened>,
}

/// A folder that is preopened.
pub(crate) struct Opened {
    /// As the guest sees it.
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) read_only: bool,
}

impl Files {
    /// Makes the folder of a run; nothing where the case has no files.
    pub(crate) fn lay_out(inputs: &Inputs) -> Result<Option<Self>, FilesError> {
        let Some(preopens) = &inputs.preopens else { return Ok(None) };
        let folder = private_dir().map_err(failed("make a folder for", ""))?;
        let root = folder.path();
        for (path, entry) in &inputs.files {
            if let Some(problem) = tree::path_problem(path) {
                return Err(FilesError::Path { path: path.clone(), problem });
            }
            make(&root.join(path), path, entry)?;
        }
        // What is in a folder changes its times, and a folder without the permission takes nothing in.
        let mut paths = below(root).map_err(failed("list", ""))?;
        paths.sort_by_key(|path| std::cmp::Reverse(path.clone()));
        for path in &paths {
            finish(root, path, inputs.files.get(path).and_then(Entry::node))?;
        }
        finish(root, "", None)?;
        let preopens = preopens.iter().map(|(name, preopen)| Opened {
            name: name.clone(),
            folder: root.join(preopen.folder()),
            read_only: preopen.is_read_only(),
        });
        Ok(Some(Self { preopens: preopens.collect(), folder }))
    }

    /// A way to ask how many bytes of files there are, as far as the system tells.
    pub(crate) fn size(&self) -> impl Fn() -> u64 + Send + Sync + 'static {
        let root = self.folder.path().to_path_buf();
        move || {
            let paths = below(&root).unwrap_or_default().into_iter();
            let length = |path: String| fs::symlink_metadata(root.join(path)).map_or(0, |metadata| metadata.len());
            paths.map(length).fold(0, u64::saturating_add)
        }
    }

    /// All that is in it now.
    pub(crate) fn look(&self, most: usize) -> Result<BTreeMap<String, Seen>, FilesError> {
        let mut left = most;
        let mut seen = BTreeMap::new();
        for path in below(self.folder.path()).map_err(failed("list", ""))? {
            let entry = look_at(&self.folder.path().join(&path), &mut left).map_err(failed("look at", &path))?;
            seen.insert(path, entry.ok_or(FilesError::TooMuch { bytes: most })?);
        }
        Ok(seen)
    }
}

/// What a run leaves in its folder, if it has one: with that the run's outcome, which is another one if it cannot be told.
pub(crate) fn left(files: Option<&Files>, most: usize, outcome: Outcome) -> (Outcome, Option<BTreeMap<String, Seen>>) {
    match files.map(|files| files.look(most)).transpose() {
        Ok(files) => (outcome, files),
        Err(error @ FilesError::TooMuch { .. }) => {
            (Outcome::Limit { limit: LimitName::Files, message: error.to_string() }, None)
        }
        Err(error) => (Outcome::NotRun(error.to_string()), None),
    }
}

fn make(target: &Path, path: &str, entry: &Entry) -> Result<(), FilesError> {
    let parent = target.parent().unwrap_or(target);
    fs::create_dir_all(parent).map_err(failed("make the folder of", path))?;
    if let Some(content) = entry.content() {
        let problem = |problem: String| FilesError::Content { path: path.to_string(), problem };
        let content = content.read().map_err(|error| problem(error.to_string()))?;
        let content = content.ok_or_else(|| problem("its file was not there when the suite was built".to_string()))?;
        return fs::write(target, content).map_err(failed("write", path));
    }
    match entry.node().and_then(|node| node.link.as_deref()) {
        Some(link) => make_link(link, target).map_err(failed("link", path)),
        None => fs::create_dir_all(target).map_err(failed("make the folder", path)),
    }
}

#[cfg(unix)]
fn make_link(to: &str, at: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(to, at)
}

#[cfg(not(unix))]
fn make_link(_to: &str, _at: &Path) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "symbolic links are laid out on Unix only"))
}

/// Times and permissions that are the same in every run, or as the case says.
fn finish(root: &Path, path: &str, node: Option<&Node>) -> Result<(), FilesError> {
    let target = root.join(path);
    let kind = fs::symlink_metadata(&target).map_err(failed("look at", path))?.file_type();
    if kind.is_symlink() {
        return Ok(());
    }
    let seconds = node.and_then(|node| node.modified).unwrap_or(WALL_CLOCK_SECONDS as i64);
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let time = if seconds < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
    let time = time.ok_or_else(|| failed("set the time of", path)(io::ErrorKind::InvalidInput.into()))?;
    set_times(&target, kind.is_dir(), time).map_err(failed("set the time of", path))?;
    let mode = match node.and_then(Node::permissions) {
        Some(Ok(mode)) => mode,
        Some(Err(mode)) => {
            let problem = format!("`{mode}` is no octal number up to 07777");
            return Err(FilesError::Content { path: path.to_string(), problem });
        }
        None if kind.is_dir() => 0o755,
        None => 0o644,
    };
    set_mode(&target, mode).map_err(failed("set the permissions of", path))
}

fn set_times(target: &Path, folder: bool, time: SystemTime) -> io::Result<()> {
    // Unix sets times of what is only open for reading, and opens a folder for nothing else.
    let file = if folder { File::open(target)? } else { OpenOptions::new().write(true).open(target)? };
    file.set_times(FileTimes::new().set_modified(time).set_accessed(time))
}

#[cfg(unix)]
fn set_mode(target: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(target, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_target: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}

/// All paths below a folder, sorted, with `/` between names. What a guest names need not be text.
fn below(root: &Path) -> io::Result<Vec<String>> {
    let mut paths = Vec::new();
    let mut folders = vec![(root.to_path_buf(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                folders.push((entry.path(), format!("{path}/")));
            }
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// What is at a path; nothing if it is a file longer than what is left.
fn look_at(target: &Path, left: &mut usize) -> io::Result<Option<Seen>> {
    let metadata = fs::symlink_metadata(target)?;
    let kind = metadata.file_type();
    if kind.is_symlink() {
        let to = fs::read_link(target)?.to_string_lossy().into_owned();
        return Ok(Some(Seen::Link { to }));
    }
    let mode = mode(&metadata);
    let modified = match metadata.modified()?.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_secs() as i64,
        Err(before) => -(before.duration().as_secs() as i64),
    };
    if kind.is_dir() {
        return Ok(Some(Seen::Folder { mode, modified }));
    }
    if !kind.is_file() {
        return Ok(Some(Seen::Other));
    }
    // Whatever the file says of its length, no more than is left gets into memory.
    let mut content = Vec::new();
    File::open(target)?.take(*left as u64 + 1).read_to_end(&mut content)?;
    Ok(left.checked_sub(content.len()).map(|rest| {
        *left = rest;
        Seen::File { content, mode, modified }
    }))
}

#[cfg(unix)]
fn mode(metadata: &fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o7777
}

#[cfg(not(unix))]
fn mode(_metadata: &fs::Metadata) -> u32 {
    0
}

fn failed<'a>(doing: &'static str, path: &'a str) -> impl Fn(io::Error) -> FilesError + use<'a> {
    move |source| FilesError::Io { doing, path: path.to_string(), source }
}

#[cfg(test)]
mod tests {
    use polyfill_build::case::Case;

    use super::*;

    fn lay_out(case: &str) -> Result<Files, String> {
        let case: Case = toml::from_str(case).unwrap();
        let inputs = Inputs::of("guest", &case).unwrap();
        Files::lay_out(&inputs).map(Option::unwrap).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_laid_out_is_what_is_seen() {
        let files = lay_out(
            "[files]\n'a.txt' = 'text'\n'deep/er/b' = { content = { hex = '00 ff' }, mode = '0600', modified = -5 }\n\
             'empty' = { folder = true, mode = '0700' }\n'out' = { link = '../../etc' }\n",
        );
        let seen = files.unwrap().look(100).unwrap();
        let time = WALL_CLOCK_SECONDS as i64;
        let file = |content: &[u8], mode, modified| Seen::File { content: content.to_vec(), mode, modified };
        let folder = |mode| Seen::Folder { mode, modified: time };
        let expected = [
            ("a.txt", file(b"text", 0o644, time)),
            ("deep", folder(0o755)),
            ("deep/er", folder(0o755)),
            ("deep/er/b", file(&[0, 255], 0o600, -5)),
            ("empty", folder(0o700)),
            ("out", Seen::Link { to: "../../etc".into() }),
        ];
        assert_eq!(seen, expected.map(|(path, seen)| (path.to_string(), seen)).into());
    }

    /// The build refuses such paths already; an index may be written by others.
    #[test]
    fn nothing_is_laid_out_outside() {
        for path in ["../a", "/a", "a/../../b", "a//b", "."] {
            let refused = lay_out(&format!("[files]\n'{path}' = ''\n"));
            assert!(refused.err().unwrap().contains("no relative path"), "{path}");
        }
    }

    #[test]
    fn more_than_may_be_left_is_not_read() {
        let files =
            lay_out("[files]\n'a' = { repeat = 'x', times = 60 }\n'b' = { repeat = 'x', times = 41 }\n").unwrap();
        assert!(matches!(files.look(100), Err(FilesError::TooMuch { bytes: 100 })));
        assert_eq!(files.look(101).unwrap().len(), 2);
    }

    #[test]
    fn the_folder_goes_with_the_run() {
        let files = lay_out("[files]\n'a' = ''\n").unwrap();
        let folder = files.folder.path().to_path_buf();
        assert!(folder.join("a").exists());
        drop(files);
        assert!(!folder.exists());
    }
}
