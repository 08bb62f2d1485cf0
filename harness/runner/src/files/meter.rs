//! Size of a private directory, counted at the calls by which a guest adds to it.
//!
//! The count is an upper bound: removals are only noticed when the count reaches a limit and everything is measured
//! again, including unlinked files that are still open. A guest therefore exceeds the limit on disk by the data of at
//! most one call, and no call's data is larger than the limit.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, Metadata};
use std::io;
use std::sync::{Arc, Weak};

use super::directory::{Directory, Found, FoundKind, Visit};
use crate::host::Stop;

/// Meter of a private directory.
#[derive(Debug)]
pub(crate) struct Meter {
    root: Arc<Directory>,
    /// Maximum number of bytes of files, and of entries.
    most: Size,
    size: Size,
    /// Files opened so far, by address; may include closed files.
    opened: BTreeMap<usize, Weak<File>>,
    /// Number of entries in `opened` at which closed files are removed.
    crowded: usize,
}

/// Minimum number of entries before closed files are removed.
const CROWD: usize = 64;

/// Size of a private directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    /// Bytes of all files. A file with several names counts once.
    pub(crate) bytes: u64,
    /// Number of files, directories and links.
    pub(crate) entries: usize,
}

impl Meter {
    pub(super) fn new(root: Arc<Directory>, most: Size, size: Size) -> Self {
        Self { root, most, size, opened: BTreeMap::new(), crowded: CROWD }
    }

    /// Registers an open file, which may be unlinked later.
    pub(crate) fn opened(&mut self, file: &Arc<File>) {
        // The entry keeps the address from being reused for another file.
        self.opened.entry(Arc::as_ptr(file) as usize).or_insert_with(|| Arc::downgrade(file));
        if self.opened.len() > self.crowded {
            self.opened.retain(|_, file| file.strong_count() > 0);
            self.crowded = CROWD.max(self.opened.len() * 2);
        }
    }

    /// Returns the bytes of all open files.
    pub(crate) fn open_bytes(&self) -> u64 {
        let files = self.opened.values().filter_map(Weak::upgrade);
        files.map(|file| length(&file)).fold(0, u64::saturating_add)
    }

    /// Rejects data that exceeds the limit of all files by itself.
    pub(crate) fn before(&self, data: usize) -> Result<(), Stop> {
        let size = Size { bytes: data as u64, entries: 0 };
        size.exceeds(self.most).map_or(Ok(()), Err)
    }

    /// Counts the additions of a call.
    pub(crate) fn add(&mut self, added: Size) -> Result<(), Stop> {
        self.size.bytes = self.size.bytes.saturating_add(added.bytes);
        self.size.entries = self.size.entries.saturating_add(added.entries);
        if added == Size::default() || self.size.exceeds(self.most).is_none() {
            return Ok(());
        }
        self.size = match measure(&self.root, self.most.entries, self.opened.values()) {
            Ok(size) => size,
            Err(error) => return Err(Stop::FilesUnknown { why: error.to_string() }),
        };
        self.size.exceeds(self.most).map_or(Ok(()), Err)
    }
}

impl Size {
    /// Returns the exceeded limit, if any.
    pub(super) fn exceeds(self, most: Size) -> Option<Stop> {
        if self.bytes > most.bytes {
            return Some(Stop::FilesLimit { bytes: most.bytes as usize });
        }
        (self.entries > most.entries).then_some(Stop::EntriesLimit { entries: most.entries })
    }
}

/// Measures all entries below a directory, and open files that were unlinked. Stops counting beyond `most` entries.
pub(super) fn measure<'a>(
    root: &Directory,
    most: usize,
    opened: impl Iterator<Item = &'a Weak<File>>,
) -> io::Result<Size> {
    let mut all = Measure { size: Size::default(), most, known: BTreeSet::new() };
    if let Err(Halt(Some(error))) = root.walk(&mut all) {
        return Err(error);
    }
    for file in opened.filter_map(Weak::upgrade) {
        let metadata = file.metadata()?;
        if let Some(identity) = nameless(&metadata)
            && all.known.insert(identity)
        {
            all.size.bytes = all.size.bytes.saturating_add(metadata.len());
        }
    }
    Ok(all.size)
}

/// Reason for ending a walk early: an error, or more than the maximum number of entries.
struct Halt(Option<io::Error>);

impl From<io::Error> for Halt {
    fn from(error: io::Error) -> Self {
        Self(Some(error))
    }
}

struct Measure {
    size: Size,
    /// Maximum number of entries.
    most: usize,
    /// Files with several names, which the walk may visit again.
    known: BTreeSet<(u64, u64)>,
}

impl Visit for Measure {
    type Error = Halt;

    fn most_names(&self) -> usize {
        self.most.saturating_add(1)
    }

    fn enter(&mut self, _path: &[u8], found: &Found<'_>) -> Result<(), Halt> {
        self.size.entries += 1;
        if self.size.entries > self.most {
            return Err(Halt(None));
        }
        let is_new = !found.has_other_names() || self.known.insert(found.identity());
        if found.kind() == FoundKind::File && is_new {
            self.size.bytes = self.size.bytes.saturating_add(found.length());
        }
        Ok(())
    }
}

pub(crate) fn length(file: &File) -> u64 {
    file.metadata().map_or(0, |metadata| metadata.len())
}

/// Returns device and inode number of an unlinked file.
#[cfg(unix)]
fn nameless(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    (metadata.nlink() == 0 && metadata.is_file()).then(|| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn nameless(_metadata: &Metadata) -> Option<(u64, u64)> {
    None
}
