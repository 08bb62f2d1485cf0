//! Defines the files and directories of a case, as input and as expected result.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::case::Bytes;

/// Files, directories and links by relative path, with `/` as the separator. Parent directories may be omitted.
pub type Tree = BTreeMap<String, Entry>;

/// Entry at a path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(
    untagged,
    expecting = "expected a file's content (a text, { file = \"path\" }, { hex = \"00 ff\" } or \
                 { repeat = \"text\", times = number }), or a table with one of `content`, `folder` and `link`, \
                 and `mode` and `modified`"
)]
pub enum Entry {
    /// File with this content and default metadata.
    File(Bytes),
    /// File, directory or link with metadata.
    Node(Node),
}

/// See [`Entry::Node`]. Exactly one of `content`, `folder` and `link` is required.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Node {
    /// Content of a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<Bytes>,
    /// Set for a directory. Its contents are separate entries.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub folder: bool,
    /// Target of a symbolic link. It is neither checked nor followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Permissions in octal, up to 0777: `"0640"`. Default in `files`: 0644 for a file, 0755 for a directory. Default
    /// in `expect.files`: not checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// Modification time in seconds since 1970-01-01, from 1901 to 2446. Default in `files`: 2000-01-01. Default in
    /// `expect.files`: not checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified: Option<i64>,
}

/// Preopened directory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "expected a folder of `files`, or { folder = \"path\", read-only = true }")]
pub enum Preopen {
    /// Directory of `files`, with read and write access. `""` is the root of `files`.
    Folder(String),
    /// Directory of `files` with restricted access.
    Restricted(Restricted),
}

/// See [`Preopen::Restricted`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Restricted {
    /// Directory of `files`.
    pub folder: String,
    /// Set to forbid changes in the directory.
    pub read_only: bool,
}

impl Entry {
    /// Returns the content of a file.
    pub fn content(&self) -> Option<&Bytes> {
        match self {
            Entry::File(content) => Some(content),
            Entry::Node(node) => node.content.as_ref(),
        }
    }

    /// Returns the content of a file for modification.
    pub(crate) fn content_mut(&mut self) -> Option<&mut Bytes> {
        match self {
            Entry::File(content) => Some(content),
            Entry::Node(node) => node.content.as_mut(),
        }
    }

    /// Returns the entry's metadata, if it has any.
    pub fn node(&self) -> Option<&Node> {
        match self {
            Entry::File(_) => None,
            Entry::Node(node) => Some(node),
        }
    }
}

impl Node {
    /// Returns the permissions, or the text of an invalid mode as an error.
    pub fn permissions(&self) -> Option<Result<u32, &str>> {
        let text = self.mode.as_deref()?;
        let octal = text.len() <= 5 && text.bytes().all(|digit| digit.is_ascii_digit());
        let mode = octal.then(|| u32::from_str_radix(text, 8).ok()).flatten();
        Some(mode.filter(|mode| *mode <= 0o7777).ok_or(text))
    }
}

impl Preopen {
    /// Returns the directory of `files`.
    pub fn folder(&self) -> &str {
        match self {
            Preopen::Folder(folder) => folder,
            Preopen::Restricted(restricted) => &restricted.folder,
        }
    }

    /// Returns true if the directory cannot be changed.
    pub fn is_read_only(&self) -> bool {
        matches!(self, Preopen::Restricted(Restricted { read_only: true, .. }))
    }
}

/// Returns the problem of an invalid path in a tree. A valid path cannot leave the tree.
pub fn path_problem(path: &str) -> Option<&'static str> {
    let bad = |name: &str| name.is_empty() || name == "." || name == "..";
    if path.split('/').any(bad) {
        return Some("is not a relative path of names separated by `/`");
    }
    path.contains(['\\', '\0', ':']).then_some("contains `\\`, `:` or a zero byte")
}
