//! Directory access by handles: each step opens one name and follows no links.

#![allow(clippy::unnecessary_cast, reason = "the fields of `Stat` have different types on other systems")]

use std::ffi::{CStr, CString, OsStr};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{self, AtFlags, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

/// Open directory.
#[derive(Debug)]
pub(super) struct Directory(OwnedFd);

/// Entry found by [`Directory::walk`].
pub(super) struct Found<'a> {
    /// Parent directory.
    parent: &'a OwnedFd,
    name: &'a CStr,
    stat: Stat,
}

/// Type of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FoundKind {
    File,
    Directory,
    Link,
    Other,
}

/// Visitor of a walk.
pub(super) trait Visit {
    /// True if directories are made accessible during the walk and stay so.
    const UNLOCKS: bool = false;
    type Error: From<io::Error>;

    /// Maximum number of names read per directory.
    fn most_names(&self) -> usize {
        usize::MAX
    }

    /// Visits an entry, before the entries below it.
    fn enter(&mut self, path: &[u8], found: &Found<'_>) -> Result<(), Self::Error>;

    /// Visits a directory, after all entries below it.
    fn leave(&mut self, _parent: BorrowedFd<'_>, _name: &CStr) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// Directory on the path from the root of a walk to the current entry.
struct Level {
    name: CString,
    /// Subdirectories that remain to be entered.
    rest: Vec<CString>,
    identity: (u64, u64),
    /// Length of the path in bytes.
    length: usize,
    /// Original permissions, to be restored.
    locked: Option<Mode>,
}

impl Directory {
    /// Opens a directory by its path on this machine.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(fs::openat(fs::CWD, path, flags(), Mode::empty())?))
    }

    /// Opens a directory below this one. `path` has `/` between names; the empty path is this directory.
    pub(super) fn below(&self, path: &str) -> io::Result<Self> {
        let mut directory = self.again()?;
        for name in path.split('/').filter(|name| !name.is_empty()) {
            directory = Self(fs::openat(&directory.0, name, flags(), Mode::empty())?);
        }
        Ok(directory)
    }

    fn again(&self) -> io::Result<Self> {
        Ok(Self(self.0.try_clone()?))
    }

    pub(super) fn make_directory(&self, name: &str) -> io::Result<()> {
        Ok(fs::mkdirat(&self.0, name, Mode::RWXU)?)
    }

    pub(super) fn make_link(&self, name: &str, target: &str) -> io::Result<()> {
        Ok(fs::symlinkat(target, &self.0, name)?)
    }

    /// Creates a new file. Fails if it exists.
    pub(super) fn make_file(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(fs::openat(&self.0, name, flags, Mode::RUSR | Mode::WUSR)?.into())
    }

    /// Returns the directory as a file, to set its times.
    pub(super) fn as_file(&self) -> io::Result<File> {
        Ok(self.0.try_clone()?.into())
    }

    /// Returns a path to exactly this directory as long as it is open, even if its original path has been replaced.
    /// Falls back to the original path on systems without such paths.
    pub(super) fn path_for_opening(&self, opened_by: &Path) -> PathBuf {
        use std::os::fd::AsRawFd;
        let own = PathBuf::from(format!("/proc/self/fd/{}", self.0.as_raw_fd()));
        let same = |path: &Path| {
            let there = fs::stat(path).ok()?;
            let here = fs::fstat(&self.0).ok()?;
            Some((there.st_dev, there.st_ino) == (here.st_dev, here.st_ino))
        };
        if same(&own) == Some(true) { own } else { opened_by.to_path_buf() }
    }

    /// Visits all entries below, at any depth, with at most three open descriptors. Skips entries that disappear during
    /// the walk.
    pub(super) fn walk<V: Visit>(&self, visit: &mut V) -> Result<(), V::Error> {
        let root = fs::openat(&self.0, ".", flags(), Mode::empty()).map_err(io::Error::from)?;
        let mut current = root;
        let mut path = Vec::new();
        let mut levels = vec![level::<V>(&current, CString::default(), &mut path, None, visit)?];
        while let Some(last) = levels.last_mut() {
            path.truncate(last.length);
            if let Some(name) = last.rest.pop() {
                let Some((next, locked)) = enter::<V>(&current, &name)? else { continue };
                if !path.is_empty() {
                    path.push(b'/');
                }
                path.extend_from_slice(name.as_bytes());
                current = next;
                levels.push(level::<V>(&current, name, &mut path, locked, visit)?);
                continue;
            }
            let done = levels.pop();
            let (Some(done), Some(parent)) = (done, levels.last()) else { break };
            let up = fs::openat(&current, "..", flags(), Mode::empty()).map_err(io::Error::from)?;
            if identity(&up)? != parent.identity {
                return Err(io::Error::other("a directory was moved during the walk").into());
            }
            if let Some(mode) = done.locked {
                fs::fchmod(&current, mode).map_err(io::Error::from)?;
            }
            current = up;
            visit.leave(current.as_fd(), &done.name)?;
        }
        Ok(())
    }

    /// Removes all entries below, at any depth and with any permissions.
    pub(super) fn clear(&self) -> io::Result<()> {
        fs::fchmod(&self.0, Mode::RWXU)?;
        self.walk(&mut Clear)
    }
}

/// Reads a directory and visits its entries.
fn level<V: Visit>(
    directory: &OwnedFd,
    name: CString,
    path: &mut Vec<u8>,
    locked: Option<Mode>,
    visit: &mut V,
) -> Result<Level, V::Error> {
    let length = path.len();
    let mut names = Vec::new();
    for entry in Dir::read_from(directory).map_err(io::Error::from)? {
        let entry = entry.map_err(io::Error::from)?;
        let name = entry.file_name();
        if name != c"." && name != c".." {
            names.push(name.to_owned());
        }
        if names.len() >= visit.most_names() {
            break;
        }
    }
    let mut rest = Vec::new();
    for name in names {
        let stat = match fs::statat(directory, &name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => continue,
            Err(error) => return Err(io::Error::from(error).into()),
        };
        path.truncate(length);
        if length > 0 {
            path.push(b'/');
        }
        path.extend_from_slice(name.as_bytes());
        let found = Found { parent: directory, name: &name, stat };
        visit.enter(path, &found)?;
        if found.kind() == FoundKind::Directory {
            rest.push(name);
        }
    }
    path.truncate(length);
    Ok(Level { name, rest, identity: identity(directory)?, length, locked })
}

/// Opens a directory, after making it accessible if necessary; `None` if it disappeared.
fn enter<V: Visit>(parent: &OwnedFd, name: &CStr) -> io::Result<Option<(OwnedFd, Option<Mode>)>> {
    let open = || fs::openat(parent, name, flags(), Mode::empty());
    let opened = match open() {
        Err(Errno::ACCESS) => {
            let before = fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)?;
            fs::chmodat(parent, name, Mode::RWXU, AtFlags::empty())?;
            open().map(|opened| (opened, Some(Mode::from_raw_mode(before.st_mode))))
        }
        Ok(opened) => {
            // Reading needs the read permission, and inspecting entries the search permission.
            let before = Mode::from_raw_mode(fs::fstat(&opened)?.st_mode);
            let locked = !before.contains(Mode::RUSR | Mode::XUSR) || V::UNLOCKS && !before.contains(Mode::RWXU);
            if locked {
                fs::fchmod(&opened, Mode::RWXU)?;
            }
            Ok((opened, locked.then_some(before)))
        }
        Err(error) => Err(error),
    };
    match opened {
        Ok((opened, locked)) => Ok(Some((opened, locked.filter(|_| !V::UNLOCKS)))),
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

impl Found<'_> {
    pub(super) fn kind(&self) -> FoundKind {
        match FileType::from_raw_mode(self.stat.st_mode) {
            FileType::RegularFile => FoundKind::File,
            FileType::Directory => FoundKind::Directory,
            FileType::Symlink => FoundKind::Link,
            _ => FoundKind::Other,
        }
    }

    /// Returns device and inode number, which identify a file with several names.
    pub(super) fn identity(&self) -> (u64, u64) {
        (self.stat.st_dev as u64, self.stat.st_ino as u64)
    }

    /// Returns the length of a file in bytes.
    pub(super) fn length(&self) -> u64 {
        self.stat.st_size as u64
    }

    pub(super) fn has_other_names(&self) -> bool {
        self.stat.st_nlink > 1
    }

    pub(super) fn mode(&self) -> u32 {
        self.stat.st_mode as u32 & 0o7777
    }

    /// Returns the modification time in seconds since 1970.
    pub(super) fn modified(&self) -> i64 {
        self.stat.st_mtime as i64
    }

    /// Returns the target of a link.
    pub(super) fn target(&self) -> io::Result<String> {
        let target = fs::readlinkat(self.parent, self.name, Vec::new())?;
        Ok(target.to_string_lossy().into_owned())
    }

    /// Opens a file for reading, after making it readable if necessary.
    pub(super) fn open(&self) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let open = || fs::openat(self.parent, self.name, flags, Mode::empty());
        let file = match open() {
            Err(Errno::ACCESS) => {
                fs::chmodat(self.parent, self.name, Mode::RUSR | Mode::WUSR, AtFlags::empty())?;
                open()?
            }
            opened => opened?,
        };
        Ok(file.into())
    }
}

/// Removes the visited entries.
struct Clear;

impl Visit for Clear {
    const UNLOCKS: bool = true;
    type Error = io::Error;

    fn enter(&mut self, _path: &[u8], found: &Found<'_>) -> io::Result<()> {
        if found.kind() == FoundKind::Directory {
            return Ok(());
        }
        removed(fs::unlinkat(found.parent, found.name, AtFlags::empty()))
    }

    fn leave(&mut self, parent: BorrowedFd<'_>, name: &CStr) -> io::Result<()> {
        removed(fs::unlinkat(parent, name, AtFlags::REMOVEDIR))
    }
}

fn removed(result: rustix::io::Result<()>) -> io::Result<()> {
    match result {
        Err(Errno::NOENT) => Ok(()),
        result => Ok(result?),
    }
}

fn flags() -> OFlags {
    OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC
}

fn identity(directory: &OwnedFd) -> io::Result<(u64, u64)> {
    let stat = fs::fstat(directory)?;
    Ok((stat.st_dev as u64, stat.st_ino as u64))
}

/// Returns a path as text; names created by a guest may not be UTF-8.
pub(super) fn text(path: &[u8]) -> String {
    OsStr::from_bytes(path).to_string_lossy().into_owned()
}
