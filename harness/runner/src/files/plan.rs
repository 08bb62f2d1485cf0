//! Entries of a private directory, validated as a whole before any of them is created.
//!
//! Cases are untrusted: they come from a suite, an index, or a recording of unknown origin. No name leaves the
//! directory, no entry is below a link or a file, and the totals are bounded before any byte is written or allocated.

use std::collections::BTreeMap;

use polyfill_builder::case::Bytes;
use polyfill_builder::tree::{self, Entry, Node, Preopen, Tree};

use super::FilesError;
use crate::host::WALL_CLOCK_SECONDS;
use crate::limits::Limits;

/// Maximum number of parent directories of an entry.
const MOST_DEPTH: usize = 100;
/// Maximum length of a name in bytes.
const MOST_NAME: usize = 255;
/// Maximum length of a path, and of a link's target, in bytes.
pub(super) const MOST_PATH: usize = 4096;
/// Maximum number of preopened directories. Each takes two descriptors of the process.
const MOST_PREOPENS: usize = 256;
/// Range of modification times that file systems support, in seconds since 1970: 1901 to 2446.
const TIMES: std::ops::RangeInclusive<i64> = -(1 << 31)..=15_032_385_535;

/// Entries to create, by path: each directory before its entries.
pub(super) struct Plan<'a> {
    pub(super) entries: BTreeMap<&'a str, Planned<'a>>,
    /// Maximum number of entries.
    most: usize,
    /// Bytes of all files.
    pub(super) bytes: u64,
}

/// Planned entry.
pub(super) struct Planned<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) mode: u32,
    /// Modification time in seconds since 1970.
    pub(super) modified: i64,
}

/// Type and content of an entry.
#[derive(Clone, Copy)]
pub(super) enum Kind<'a> {
    Directory,
    File(&'a Bytes),
    Link(&'a str),
}

impl<'a> Plan<'a> {
    /// Validates all entries of a case.
    ///
    /// # Errors
    ///
    /// Returns [`FilesError::Path`] and [`FilesError::Content`] for invalid entries, [`FilesError::Bytes`] and
    /// [`FilesError::Entries`] for totals beyond the limits.
    pub(super) fn of(files: &'a Tree, limits: &Limits) -> Result<Self, FilesError> {
        let mut plan = Plan { entries: BTreeMap::new(), most: limits.entries, bytes: 0 };
        for (path, entry) in files {
            let planned = planned(path, entry)?;
            if let Kind::File(content) = planned.kind {
                plan.bytes = plan.bytes.saturating_add(length(path, content)?);
            }
            plan.add_parents(path)?;
            plan.add(path, planned)?;
        }
        if plan.bytes > limits.files as u64 {
            Err(FilesError::Bytes { total: plan.bytes, limit: limits.files })
        } else {
            Ok(plan)
        }
    }

    fn add_parents(&mut self, path: &'a str) -> Result<(), FilesError> {
        for (end, _) in path.match_indices('/') {
            let parent = &path[..end];
            match self.entries.get(parent).map(|planned| planned.kind) {
                Some(Kind::Directory) => {}
                Some(_) => return Err(self.below(path, parent)),
                None => self.add(parent, Planned { kind: Kind::Directory, mode: 0o755, modified: now() })?,
            }
        }
        Ok(())
    }

    /// Adds an entry, or the times and permissions of a directory that was implied by an entry below it.
    fn add(&mut self, path: &'a str, planned: Planned<'a>) -> Result<(), FilesError> {
        match self.entries.get(path) {
            None if self.entries.len() == self.most => return Err(FilesError::Entries { most: self.most }),
            Some(_) if !matches!(planned.kind, Kind::Directory) => {
                return Err(problem(path, "is not a directory, but has entries below it"));
            }
            _ => {}
        }
        self.entries.insert(path, planned);
        Ok(())
    }

    fn below(&self, path: &str, parent: &str) -> FilesError {
        let what = match self.entries.get(parent).map(|planned| planned.kind) {
            Some(Kind::Link(_)) => "a link",
            _ => "a file",
        };
        problem(path, format!("is below `{parent}`, which is {what}, not a directory"))
    }

    /// Validates preopened directories: each must be a planned directory that is not reached through a link.
    ///
    /// # Errors
    ///
    /// Returns [`FilesError::Preopen`] for an invalid directory, [`FilesError::Preopens`] for too many.
    pub(super) fn check_preopens(&self, preopens: &BTreeMap<String, Preopen>) -> Result<(), FilesError> {
        if preopens.len() > MOST_PREOPENS {
            return Err(FilesError::Preopens { count: preopens.len(), most: MOST_PREOPENS });
        }
        for (name, preopen) in preopens {
            let path = preopen.folder();
            let is_directory = |planned: &Planned<'_>| matches!(planned.kind, Kind::Directory);
            if !path.is_empty() && !self.entries.get(path).is_some_and(is_directory) {
                return Err(FilesError::Preopen { name: name.clone(), path: path.to_string() });
            }
        }
        Ok(())
    }
}

fn planned<'a>(path: &str, entry: &'a Entry) -> Result<Planned<'a>, FilesError> {
    if let Some(what) = tree::path_problem(path) {
        return Err(problem(path, what));
    }
    if path.len() > MOST_PATH {
        return Err(problem(path, format!("is longer than {MOST_PATH} bytes")));
    }
    if path.split('/').any(|name| name.len() > MOST_NAME) {
        return Err(problem(path, format!("has a name of more than {MOST_NAME} bytes")));
    }
    if path.matches('/').count() > MOST_DEPTH {
        return Err(problem(path, format!("is below more than {MOST_DEPTH} directories")));
    }
    let default = Node::default();
    let node = entry.node().unwrap_or(&default);
    let target = entry.node().and_then(|node| node.link.as_deref());
    let kind = match (entry.content(), node.folder, target) {
        (Some(Bytes::Pattern(_)), false, None) => {
            return Err(content(path, "patterns are only allowed in expected output"));
        }
        (Some(content), false, None) => Kind::File(content),
        (None, true, None) => Kind::Directory,
        (None, false, Some(target)) => Kind::Link(link(path, node, target)?),
        _ => return Err(content(path, "expected exactly one of `content`, `folder` and `link`")),
    };
    let mode = match node.permissions() {
        Some(Ok(mode)) if mode <= 0o777 => mode,
        Some(mode) => {
            let mode = mode.map_or_else(str::to_string, |mode| format!("{mode:04o}"));
            return Err(content(path, format!("`mode` is `{mode}`, expected an octal number up to 0777")));
        }
        None if matches!(kind, Kind::Directory) => 0o755,
        None => 0o644,
    };
    let modified = node.modified.unwrap_or_else(now);
    if !TIMES.contains(&modified) {
        let (first, last) = (TIMES.start(), TIMES.end());
        return Err(content(path, format!("`modified` is {modified}, expected seconds from {first} to {last}")));
    }
    Ok(Planned { kind, mode, modified })
}

fn link<'a>(path: &str, node: &Node, target: &'a str) -> Result<&'a str, FilesError> {
    if node.mode.is_some() || node.modified.is_some() {
        return Err(content(path, "a link cannot have `mode` or `modified`"));
    }
    if target.is_empty() || target.contains('\0') || target.len() >= MOST_PATH {
        Err(content(path, format!("`link` is empty, contains a zero byte, or has {MOST_PATH} bytes or more")))
    } else {
        Ok(target)
    }
}

fn length(path: &str, bytes: &Bytes) -> Result<u64, FilesError> {
    let length = bytes.length().map_err(|error| content(path, error.to_string()))?;
    let length = length.ok_or_else(|| content(path, "its file did not exist when the suite was built"))?;
    Ok(length as u64)
}

fn now() -> i64 {
    WALL_CLOCK_SECONDS as i64
}

fn problem(path: &str, problem: impl Into<String>) -> FilesError {
    FilesError::Path { path: super::shown(path), problem: problem.into() }
}

fn content(path: &str, problem: impl Into<String>) -> FilesError {
    FilesError::Content { path: super::shown(path), problem: problem.into() }
}
