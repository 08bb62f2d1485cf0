//! Directories and their entries.

use std::cell::Cell;

use wasip2::filesystem::types::{Descriptor, DirectoryEntry, DirectoryEntryStream};

use crate::abi::Answer;
use crate::error::IntoAnswer;

/// Open directory.
pub struct Folder {
    /// Started listing. It is dropped before the directory.
    list: Cell<Option<List>>,
    pub descriptor: Descriptor,
    /// Name of a preopened directory.
    pub name: Option<String>,
}

impl Folder {
    pub fn new(descriptor: Descriptor, name: Option<String>) -> Folder {
        Folder { list: Cell::new(None), descriptor, name }
    }

    /// Returns the entries from a number on. Continues the started listing if its next entry has that number, and starts
    /// a new one otherwise. A continued listing has each entry once, even if entries change between two calls.
    pub fn list(&self, from: u64) -> Answer<List> {
        let begun = self.list.take().filter(|list| from > 0 && list.next == from);
        let mut list = match begun {
            Some(list) => list,
            None => List { stream: self.descriptor.read_directory().into_answer()?, next: 0, ahead: None },
        };
        while list.next < from && list.take()?.is_some() {}
        Ok(list)
    }

    /// Keeps a listing for the next call.
    pub fn keep(&self, list: List) {
        self.list.set(Some(list));
    }
}

/// Entries of a directory, in the host's order.
pub struct List {
    stream: DirectoryEntryStream,
    /// Number of the next entry.
    next: u64,
    /// Entry that was put back.
    ahead: Option<DirectoryEntry>,
}

impl List {
    /// Returns the next entry and its number, if any.
    pub fn take(&mut self) -> Answer<Option<(u64, DirectoryEntry)>> {
        let entry = match self.ahead.take() {
            Some(entry) => Some(entry),
            None => self.stream.read_directory_entry().into_answer()?,
        };
        Ok(entry.map(|entry| {
            self.next += 1;
            (self.next - 1, entry)
        }))
    }

    /// Puts back the last entry.
    pub fn put_back(&mut self, entry: DirectoryEntry) {
        self.next -= 1;
        self.ahead = Some(entry);
    }
}
