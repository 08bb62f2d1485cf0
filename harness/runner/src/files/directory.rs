//! Directories by their handles: each step is one name, and no step follows a link.

#![allow(clippy::unnecessary_cast, reason = "the fields of `Stat` are of other types on other systems")]

use std::ffi::{CStr, CString, OsStr};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{self, AtFlags, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

/// An open directory.
#[derive(Debug)]
pub(super) struct Directory(OwnedFd);

/// An entry that [`Directory::walk`] has found.
pub(super) struct Found<'a> {
    /// The directory that it is in.
    parent: &'a OwnedFd,
    name: &'a CStr,
    stat: Stat,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FoundKind {
    File,
    Directory,
    Link,
    Other,
}

/// What is done with the entries of a walk.
pub(super) trait Visit {
    /// Directories get the permissions that a look at them takes, and keep them.
    const UNLOCKS: bool = false;
    type Error: From<io::Error>;

    /// Names that are read of one directory at most.
    fn most_names(&self) -> usize {
        usize::MAX
    }

    /// An entry, before those below it.
    fn enter(&mut self, path: &[u8], found: &Found<'_>) -> Result<(), Self::Error>;

    /// A directory, after all that is below it.
    fn leave(&mut self, _parent: BorrowedFd<'_>, _name: &CStr) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// A directory on the way from the root of a walk to where it is.
struct Level {
    name: CString,
    /// Directories in it that are still to be entered.
    rest: Vec<CString>,
    identity: (u64, u64),
    /// Bytes of the path to it.
    length: usize,
    /// Permissions that it had before, to be given back.
    locked: Option<Mode>,
}

impl Directory {
    /// Opens a directory by its path on this machine.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(fs::openat(fs::CWD, path, flags(), Mode::empty())?))
    }

    /// Opens a directory below this one: `path` has `/` between names, and is empty for this one itself.
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

    /// Makes a file that was not there before.
    pub(super) fn make_file(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(fs::openat(&self.0, name, flags, Mode::RUSR | Mode::WUSR)?.into())
    }

    /// The same directory as a file, for its times.
    pub(super) fn as_file(&self) -> io::Result<File> {
        Ok(self.0.try_clone()?.into())
    }

    /// A path that leads to this very directory as long as it is open, whatever lies at the path that it was opened by; that
    /// path where the system has nothing of the kind.
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

    /// Visits everything below, however deep, with no more than three descriptors. What is gone before it is looked at is
    /// passed over.
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
                return Err(io::Error::other("a directory was moved in the meantime").into());
            }
            if let Some(mode) = done.locked {
                fs::fchmod(&current, mode).map_err(io::Error::from)?;
            }
            current = up;
            visit.leave(current.as_fd(), &done.name)?;
        }
        Ok(())
    }

    /// Removes everything below, however deep and whatever its permissions are.
    pub(super) fn clear(&self) -> io::Result<()> {
        fs::fchmod(&self.0, Mode::RWXU)?;
        self.walk(&mut Clear)
    }
}

/// Reads a directory, and visits its entries.
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

/// Opens a directory, and unlocks it where that is needed; `None` if it is gone.
fn enter<V: Visit>(parent: &OwnedFd, name: &CStr) -> io::Result<Option<(OwnedFd, Option<Mode>)>> {
    let open = || fs::openat(parent, name, flags(), Mode::empty());
    let opened = match open() {
        Err(Errno::ACCESS) => {
            let before = fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)?;
            fs::chmodat(parent, name, Mode::RWXU, AtFlags::empty())?;
            open().map(|opened| (opened, Some(Mode::from_raw_mode(before.st_mode))))
        }
        Ok(opened) => {
            // Reading takes one permission, and a look at what was read another one.
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

    /// Device and number, by which two names of one file are known.
    pub(super) fn identity(&self) -> (u64, u64) {
        (self.stat.st_dev as u64, self.stat.st_ino as u64)
    }

    /// Bytes of a file.
    pub(super) fn length(&self) -> u64 {
        self.stat.st_size as u64
    }

    pub(super) fn has_other_names(&self) -> bool {
        self.stat.st_nlink > 1
    }

    pub(super) fn mode(&self) -> u32 {
        self.stat.st_mode as u32 & 0o7777
    }

    /// Seconds since 1970.
    pub(super) fn modified(&self) -> i64 {
        self.stat.st_mtime as i64
    }

    /// The target of a link.
    pub(super) fn target(&self) -> io::Result<String> {
        let target = fs::readlinkat(self.parent, self.name, Vec::new())?;
        Ok(target.to_string_lossy().into_owned())
    }

    /// Opens a file for reading; one without the permission gets it.
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

/// Removes what it visits.
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

/// A path as text; what a guest names need not be.
pub(super) fn text(path: &[u8]) -> String {
    OsStr::from_bytes(path).to_string_lossy().into_owned()
}
