//! Creates and removes private directories. Those of a process have one parent, `polyfill-UID-PID-RANDOM` in the
//! directory for temporary files. The parent is removed with the last private directory.
//!
//! A killed process leaves its parent behind. A later process of the same user removes it if its lock is free. Links
//! are never followed.

use std::collections::hash_map::RandomState;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use super::{signals, variables};

/// Environment variables that name the directory for temporary files.
pub(super) const VARIABLES: [&str; 3] = ["TMPDIR", "TEMP", "TMP"];

/// Lock file in a parent, locked while its process runs.
const LOCK: &str = "lock";

/// Age from which a parent without a lock is abandoned. A younger one may be in creation or removal by its process.
const ABANDONED: Duration = Duration::from_secs(600);

/// Number of attempts to remove a directory that a guest is still writing to, and the time between them.
const ATTEMPTS: usize = 20;
const PAUSE: Duration = Duration::from_millis(20);

/// Parent of this process, while it has a private directory.
static PARENT: Mutex<Weak<Parent>> = Mutex::new(Weak::new());

/// Directory that only this user can enter. Dropping it removes the directory and its contents.
#[derive(Debug)]
pub struct PrivateDir {
    path: PathBuf,
    _parent: Arc<Parent>,
}

impl PrivateDir {
    /// Returns the absolute path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for PrivateDir {
    fn drop(&mut self) {
        signals::park_if_ending();
        // A later process retries a removal that fails.
        let _ = remove(&self.path);
    }
}

/// Creates a private directory.
///
/// # Errors
///
/// Fails if the directory or its parent cannot be created.
pub fn private_dir() -> io::Result<PrivateDir> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let parent = parent()?;
    let path = parent.path.join(NUMBER.fetch_add(1, Ordering::Relaxed).to_string());
    make(&path)?;
    Ok(PrivateDir { path, _parent: parent })
}

/// Returns the directory for temporary files: `TMPDIR` if it is set and not empty, or the system's.
pub fn temp_dir() -> PathBuf {
    let folder = match variables::variable("TMPDIR") {
        None if cfg!(unix) => PathBuf::from("/tmp"),
        _ => std::env::temp_dir(),
    };
    std::path::absolute(&folder).unwrap_or(folder)
}

/// Removes the parent and prevents a new one. Call it before this process ends, while its threads may still run.
pub(super) fn end() {
    let current = PARENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(parent) = current.upgrade() {
        remove_for_good(&parent.path);
    }
    std::mem::forget(current);
}

/// Removes a parent in which threads still create files. A file at its path prevents it from being created again.
fn remove_for_good(path: &Path) {
    let Some(temporary) = path.parent() else { return };
    let mut moved = Vec::new();
    for _ in 0..ATTEMPTS {
        let aside = new_path(temporary);
        if fs::rename(path, &aside).is_ok() {
            moved.push(aside);
        }
        if File::create_new(path).is_ok() {
            break;
        }
    }
    for _ in 0..ATTEMPTS {
        moved.retain(|aside| remove_parent(aside).is_err() && aside.exists());
        if moved.is_empty() {
            break;
        }
        thread::sleep(PAUSE);
    }
    let _ = fs::remove_file(path);
}

/// Parent of all private directories of a process.
#[derive(Debug)]
struct Parent {
    path: PathBuf,
    /// Lock on the parent. `None` if the file system has no locks: then no other process removes the parent.
    _lock: Option<File>,
}

impl Parent {
    /// Removes the lock last, so that a later process can complete an interrupted removal.
    fn remove(&self) -> io::Result<()> {
        remove_parent(&self.path)
    }
}

impl Drop for Parent {
    fn drop(&mut self) {
        let _ = self.remove();
    }
}

fn parent() -> io::Result<Arc<Parent>> {
    static ONCE: Once = Once::new();
    let mut current = PARENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(parent) = current.upgrade() {
        return Ok(parent);
    }
    let temporary = temp_dir();
    ONCE.call_once(|| remove_abandoned(&temporary));
    let parent = Arc::new(make_parent(&temporary)?);
    *current = Arc::downgrade(&parent);
    Ok(parent)
}

fn make_parent(temporary: &Path) -> io::Result<Parent> {
    loop {
        let path = new_path(temporary);
        match make(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            made => made?,
        }
        let lock_path = path.join(LOCK);
        let lock = File::create_new(&lock_path)?;
        match lock.try_lock() {
            // Between these steps, another process may take the parent for abandoned and lock or remove it.
            Err(TryLockError::WouldBlock) => continue,
            Ok(()) if !lock_path.exists() => continue,
            Ok(()) => return Ok(Parent { path, _lock: Some(lock) }),
            Err(TryLockError::Error(_)) => {
                let _ = fs::remove_file(&lock_path);
                return Ok(Parent { path, _lock: None });
            }
        }
    }
}

fn new_path(temporary: &Path) -> PathBuf {
    temporary.join(format!("{}{}-{:016x}", prefix(), std::process::id(), random()))
}

/// Removes the parents of processes that have ended.
fn remove_abandoned(temporary: &Path) {
    let prefix = prefix();
    for entry in fs::read_dir(temporary).into_iter().flatten().filter_map(Result::ok) {
        let is_parent = entry.file_name().to_str().is_some_and(|name| is_parent(name, &prefix));
        if is_parent
            && is_own(&entry.path())
            && let Some(_lock) = abandoned(&entry.path())
        {
            let _ = remove_parent(&entry.path());
        }
    }
}

fn prefix() -> String {
    #[cfg(unix)]
    let user = rustix::process::geteuid().as_raw();
    #[cfg(not(unix))]
    let user = 0;
    format!("polyfill-{user}-")
}

fn is_parent(name: &str, prefix: &str) -> bool {
    let Some((process, random)) = name.strip_prefix(prefix).and_then(|rest| rest.split_once('-')) else { return false };
    let digits = |text: &str, digit: fn(&u8) -> bool| !text.is_empty() && text.as_bytes().iter().all(digit);
    digits(process, u8::is_ascii_digit) && random.len() == 16 && digits(random, u8::is_ascii_hexdigit)
}

/// Returns true for a directory that this user owns. Links to directories do not count.
fn is_own(path: &Path) -> bool {
    let Ok(metadata) = fs::symlink_metadata(path) else { return false };
    #[cfg(unix)]
    let own = std::os::unix::fs::MetadataExt::uid(&metadata) == rustix::process::geteuid().as_raw();
    #[cfg(not(unix))]
    let own = true;
    metadata.is_dir() && own
}

/// Returns the lock of a parent whose process has ended. A parent without a lock counts as abandoned after a while.
fn abandoned(path: &Path) -> Option<Option<File>> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags.bits() as i32);
    }
    match options.open(path.join(LOCK)) {
        Ok(lock) if lock.metadata().is_ok_and(|metadata| metadata.is_file()) => {
            lock.try_lock().is_ok().then_some(Some(lock))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let modified = fs::symlink_metadata(path).and_then(|metadata| metadata.modified()).ok()?;
            let age = modified.elapsed().unwrap_or_default();
            (age > ABANDONED && !fs::exists(path.join(LOCK)).unwrap_or(true)).then_some(None)
        }
        _ => None,
    }
}

fn make(path: &Path) -> io::Result<()> {
    #[allow(unused_mut)]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Returns random digits for a name that is unique among processes and that guests cannot guess. Not a secret.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

fn remove_parent(path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_name() == LOCK {
            continue;
        }
        if entry.file_type()?.is_dir() {
            remove(&entry.path())?;
        } else {
            gone(fs::remove_file(entry.path()))?;
        }
    }
    gone(fs::remove_file(path.join(LOCK)))?;
    gone(fs::remove_dir(path))
}

/// Removes a directory and its contents at any depth. Subdirectories are moved up before they are emptied, so that
/// neither the length of paths nor the number of open directories grows.
fn remove(root: &Path) -> io::Result<()> {
    let mut tree = Tree { root, prefix: format!(".gone-{:016x}-", random()), moved: Vec::new(), count: 0 };
    tree.empty(root)?;
    while let Some(folder) = tree.moved.pop() {
        tree.empty(&folder)?;
        gone(fs::remove_dir(&folder))?;
    }
    gone(fs::remove_dir(root))
}

/// Removal of a directory.
struct Tree<'a> {
    root: &'a Path,
    /// Prefix of names that no other process uses.
    prefix: String,
    /// Moved directories that are not yet empty.
    moved: Vec<PathBuf>,
    count: usize,
}

impl Tree<'_> {
    fn empty(&mut self, folder: &Path) -> io::Result<()> {
        for entry in permitted(folder, || fs::read_dir(folder))? {
            let entry = entry?;
            let path = entry.path();
            // The listing of a directory may include entries that are moved into it meanwhile.
            if entry.file_name().to_string_lossy().starts_with(&self.prefix) {
                continue;
            }
            if !entry.file_type()?.is_dir() {
                gone(permitted(folder, || fs::remove_file(&path)))?;
                continue;
            }
            self.count += 1;
            let moved = self.root.join(format!("{}{}", self.prefix, self.count));
            match permitted(folder, || permitted(&path, || fs::rename(&path, &moved))) {
                Ok(()) => self.moved.push(moved),
                Err(error) => gone(Err(error))?,
            }
        }
        Ok(())
    }
}

/// Retries an attempt with all permissions for the directory if permissions are missing.
fn permitted<T>(folder: &Path, attempt: impl Fn() -> io::Result<T>) -> io::Result<T> {
    match attempt() {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            permit(folder)?;
            attempt()
        }
        done => done,
    }
}

#[cfg(unix)]
fn permit(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if fs::symlink_metadata(folder)?.is_dir() {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
    } else {
        Ok(())
    }
}

#[cfg(not(unix))]
fn permit(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Ignores that a file does not exist, because another process may have removed it.
fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn dropping_a_private_directory_removes_it() {
        let private = private_dir().unwrap();
        let path = private.path().to_path_buf();
        fs::write(path.join("file"), "").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        drop(private);
        assert!(!path.exists());
    }

    #[test]
    fn only_directories_of_ended_processes_are_removed() {
        let temporary = tempfile::tempdir().unwrap();
        let at = |name: &str| temporary.path().join(name);
        let name = |process| format!("{}{process}-0123456789abcdef", prefix());
        let [dead, alive, fresh, linked] = [1, 2, 3, 4].map(|process| at(&name(process)));
        for folder in [&dead, &alive, &fresh, &at("elsewhere"), &at("polyfill-other")] {
            fs::create_dir_all(folder.join("0")).unwrap();
        }
        for folder in [&dead, &alive, &at("elsewhere"), &at("polyfill-other")] {
            File::create(folder.join(LOCK)).unwrap();
        }
        fs::write(at("precious"), "").unwrap();
        symlink(at("precious"), dead.join("0/link")).unwrap();
        symlink(at("elsewhere"), dead.join("0/folder")).unwrap();
        symlink(at("elsewhere"), &linked).unwrap();
        let lock = File::open(alive.join(LOCK)).unwrap();
        lock.lock().unwrap();
        remove_abandoned(temporary.path());
        assert!(!dead.exists());
        for kept in [alive.join("0"), fresh.join("0"), at("elsewhere/0"), at("precious"), at("polyfill-other/0")] {
            assert!(kept.exists(), "{}", kept.display());
        }
    }

    #[test]
    fn a_removed_parent_is_not_created_again() {
        let temporary = tempfile::tempdir().unwrap();
        let parent = make_parent(temporary.path()).unwrap();
        let inner = parent.path.join("0/deep/er");
        let (made, stop) = (AtomicU64::new(0), AtomicU64::new(0));
        thread::scope(|scope| {
            // Like a run that lays out its files until the first error.
            scope.spawn(|| {
                while stop.load(Ordering::Relaxed) == 0 && fs::create_dir_all(inner.join(random().to_string())).is_ok()
                {
                    made.fetch_add(1, Ordering::Relaxed);
                }
                stop.store(1, Ordering::Relaxed);
            });
            while made.load(Ordering::Relaxed) < 10 {
                thread::yield_now();
            }
            remove_for_good(&parent.path);
            stop.store(1, Ordering::Relaxed);
        });
        assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_target_of_a_lock_that_is_a_link_is_kept() {
        let temporary = tempfile::tempdir().unwrap();
        let parent = temporary.path().join(format!("{}1-0123456789abcdef", prefix()));
        fs::create_dir(&parent).unwrap();
        fs::write(temporary.path().join("lock"), "").unwrap();
        symlink("../lock", parent.join(LOCK)).unwrap();
        remove_abandoned(temporary.path());
        assert!(parent.exists());
    }

    #[test]
    fn deep_trees_and_closed_directories_are_removed() {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path().join("root");
        fs::create_dir(&root).unwrap();
        fs::create_dir_all(root.join("closed/inner")).unwrap();
        fs::write(root.join("closed/inner/file"), "").unwrap();
        fs::set_permissions(root.join("closed/inner"), fs::Permissions::from_mode(0o000)).unwrap();
        fs::set_permissions(root.join("closed"), fs::Permissions::from_mode(0o500)).unwrap();
        // Longer than the maximum length of a path, so it is built from the bottom up.
        let (inner, outer) = (root.join("a".repeat(200)), root.join("b"));
        fs::create_dir(&inner).unwrap();
        for _ in 0..100 {
            fs::create_dir(&outer).unwrap();
            fs::rename(&inner, outer.join("a".repeat(200))).unwrap();
            fs::rename(&outer, &inner).unwrap();
        }
        remove(&root).unwrap();
        assert!(!root.exists());
    }
}
