//! Files and folders in a case: those that a guest finds, and those that it must leave.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::case::Bytes;

/// Files, folders and links by their paths, which are relative and have `/` between names. The folders on the way need not
/// be named.
pub type Tree = BTreeMap<String, Entry>;

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(
    untagged,
    expecting = "expected a file's content (a text, { file = \"path\" }, { hex = \"00 ff\" } or \
                 { repeat = \"text\", times = number }), or a table with one of `content`, `folder` and `link`, \
                 and `mode` and `modified`"
)]
pub enum Entry {
    /// A file with that content.
    File(Bytes),
    /// A file, a folder or a link, and more about it.
    Node(Node),
}

/// See [`Entry::Node`]. Exactly one of `content`, `folder` and `link` is given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Node {
    /// A file's content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<Bytes>,
    /// It is a folder. What is in it has entries of its own.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub folder: bool,
    /// It is a symbolic link to this, which nobody checks or follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Its permissions in octal, `"0640"`, up to 0777. A file that a guest finds has 0644 without it, a folder 0755; of what
    /// a guest leaves they are not looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// When it was modified, in seconds since 1970, from 1901 to 2446. What a guest finds is from 2000-01-01 without it; of
    /// what a guest leaves it is not looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified: Option<i64>,
}

/// A folder that is preopened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "expected a folder of `files`, or { folder = \"path\", read-only = true }")]
pub enum Preopen {
    /// The folder, for everything. `""` is the one that all of `files` is in.
    Folder(String),
    /// The folder, and what the guest may do there.
    Restricted(Restricted),
}

/// See [`Preopen::Restricted`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Restricted {
    /// The folder.
    pub folder: String,
    /// Nothing can be changed in it.
    pub read_only: bool,
}

impl Entry {
    /// Its content, if it is a file.
    pub fn content(&self) -> Option<&Bytes> {
        match self {
            Entry::File(content) => Some(content),
            Entry::Node(node) => node.content.as_ref(),
        }
    }

    /// Its content, to be filled in.
    pub(crate) fn content_mut(&mut self) -> Option<&mut Bytes> {
        match self {
            Entry::File(content) => Some(content),
            Entry::Node(node) => node.content.as_mut(),
        }
    }

    /// What is given beside a file's content.
    pub fn node(&self) -> Option<&Node> {
        match self {
            Entry::File(_) => None,
            Entry::Node(node) => Some(node),
        }
    }
}

impl Node {
    /// The permissions, or the text that tells none.
    pub fn permissions(&self) -> Option<Result<u32, &str>> {
        let text = self.mode.as_deref()?;
        let octal = text.len() <= 5 && text.bytes().all(|digit| digit.is_ascii_digit());
        let mode = octal.then(|| u32::from_str_radix(text, 8).ok()).flatten();
        Some(mode.filter(|mode| *mode <= 0o7777).ok_or(text))
    }
}

impl Preopen {
    /// The folder of `files`.
    pub fn folder(&self) -> &str {
        match self {
            Preopen::Folder(folder) => folder,
            Preopen::Restricted(restricted) => &restricted.folder,
        }
    }

    /// Whether nothing can be changed in it.
    pub fn is_read_only(&self) -> bool {
        matches!(self, Preopen::Restricted(Restricted { read_only: true, .. }))
    }
}

/// What is wrong with a path of a tree, if anything. Nothing outside of the tree can be named.
pub fn path_problem(path: &str) -> Option<&'static str> {
    let bad = |name: &str| name.is_empty() || name == "." || name == "..";
    if path.split('/').any(bad) {
        return Some("is no relative path of names with `/` between them");
    }
    path.contains(['\\', '\0', ':']).then_some("has `\\`, `:` or a zero in it")
}
