//! The size of a private directory, counted at the calls by which a guest adds to it.
//!
//! The count is never too low: what is removed is only noticed when the count comes to a limit, and everything is measured
//! anew, files that have no name any more but are open among them. So a guest has at most one call's data beyond the limit
//! on the disk, and no call's data is larger than the limit.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, Metadata};
use std::io;
use std::sync::{Arc, Weak};

use super::directory::{Directory, Found, FoundKind, Visit};
use crate::host::Stop;

/// The count.
#[derive(Debug)]
pub(crate) struct Meter {
    root: Arc<Directory>,
    /// Bytes of files that there may be, and entries.
    most: Size,
    size: Size,
    /// Files that were opened by their addresses, those that are open no more among them.
    opened: BTreeMap<usize, Weak<File>>,
    /// Files in `opened` from which on a look for those that are open no more pays.
    crowded: usize,
}

/// Files that are kept without that look.
const CROWD: usize = 64;

/// What a private directory comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    /// Bytes of all files. One with several names counts once.
    pub(crate) bytes: u64,
    /// Files, directories and links.
    pub(crate) entries: usize,
}

impl Meter {
    pub(super) fn new(root: Arc<Directory>, most: Size, size: Size) -> Self {
        Self { root, most, size, opened: BTreeMap::new(), crowded: CROWD }
    }

    /// Takes note of an open file, which may lose its name.
    pub(crate) fn opened(&mut self, file: &Arc<File>) {
        // As long as there is an entry, no other file is at the address.
        self.opened.entry(Arc::as_ptr(file) as usize).or_insert_with(|| Arc::downgrade(file));
        if self.opened.len() > self.crowded {
            self.opened.retain(|_, file| file.strong_count() > 0);
            self.crowded = CROWD.max(self.opened.len() * 2);
        }
    }

    /// Bytes of all files that are open.
    pub(crate) fn open_bytes(&self) -> u64 {
        let files = self.opened.values().filter_map(Weak::upgrade);
        files.map(|file| length(&file)).fold(0, u64::saturating_add)
    }

    /// Refuses data that is larger by itself than all files may be.
    pub(crate) fn before(&self, data: usize) -> Result<(), Stop> {
        let size = Size { bytes: data as u64, entries: 0 };
        size.exceeds(self.most).map_or(Ok(()), Err)
    }

    /// Counts what a call has added.
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
    /// The limit that it is beyond, if it is.
    pub(super) fn exceeds(self, most: Size) -> Option<Stop> {
        if self.bytes > most.bytes {
            return Some(Stop::FilesLimit { bytes: most.bytes as usize });
        }
        (self.entries > most.entries).then_some(Stop::EntriesLimit { entries: most.entries })
    }
}

/// Measures everything below a directory, and the open files that are nowhere below it. Beyond `most` entries,
/// nothing is counted.
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

/// The end of a walk: by an error, or because more entries make no difference.
struct Halt(Option<io::Error>);

impl From<io::Error> for Halt {
    fn from(error: io::Error) -> Self {
        Self(Some(error))
    }
}

struct Measure {
    size: Size,
    /// Entries that there may be.
    most: usize,
    /// Files that may be met again.
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

/// Device and number of a file that has no name any more.
#[cfg(unix)]
fn nameless(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    (metadata.nlink() == 0 && metadata.is_file()).then(|| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn nameless(_metadata: &Metadata) -> Option<(u64, u64)> {
    None
}
