//! Fallback for systems without directory handles, on which private directories are not supported.

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub(super) struct Directory;

pub(super) struct Found<'a>(&'a ());

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "no entries are found on these systems")]
pub(super) enum FoundKind {
    File,
    Directory,
    Link,
    Other,
}

pub(super) trait Visit {
    type Error: From<io::Error>;
    fn most_names(&self) -> usize {
        usize::MAX
    }
    fn enter(&mut self, path: &[u8], found: &Found<'_>) -> Result<(), Self::Error>;
    fn leave(&mut self, _parent: (), _name: &CStr) -> Result<(), Self::Error> {
        Ok(())
    }
}

fn unsupported<T>() -> io::Result<T> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "private directories are only supported on Unix"))
}

impl Directory {
    pub(super) fn open(_path: &Path) -> io::Result<Self> {
        unsupported()
    }

    pub(super) fn below(&self, _path: &str) -> io::Result<Self> {
        unsupported()
    }

    pub(super) fn make_directory(&self, _name: &str) -> io::Result<()> {
        unsupported()
    }

    pub(super) fn make_link(&self, _name: &str, _target: &str) -> io::Result<()> {
        unsupported()
    }

    pub(super) fn make_file(&self, _name: &str) -> io::Result<File> {
        unsupported()
    }

    pub(super) fn as_file(&self) -> io::Result<File> {
        unsupported()
    }

    pub(super) fn path_for_opening(&self, opened_by: &Path) -> PathBuf {
        opened_by.to_path_buf()
    }

    pub(super) fn walk<V: Visit>(&self, _visit: &mut V) -> Result<(), V::Error> {
        unsupported().map_err(V::Error::from)
    }

    pub(super) fn clear(&self) -> io::Result<()> {
        unsupported()
    }
}

impl Found<'_> {
    pub(super) fn kind(&self) -> FoundKind {
        FoundKind::Other
    }

    pub(super) fn identity(&self) -> (u64, u64) {
        (0, 0)
    }

    pub(super) fn length(&self) -> u64 {
        0
    }

    pub(super) fn has_other_names(&self) -> bool {
        false
    }

    pub(super) fn mode(&self) -> u32 {
        0
    }

    pub(super) fn modified(&self) -> i64 {
        0
    }

    pub(super) fn target(&self) -> io::Result<String> {
        unsupported()
    }

    pub(super) fn open(&self) -> io::Result<File> {
        unsupported()
    }
}

pub(super) fn text(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}
