//! Defines the inputs of a guest other than bytes and files.

use serde::{Deserialize, Serialize};

use super::{Bytes, FileBytes};
use crate::features::Features;

/// Environment variables with numbered names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// Prefix of the names, before the number.
    pub name: String,
    /// Value of each variable.
    pub value: String,
    /// Number of variables. Numbers start at 0.
    pub count: u32,
}

/// Seed of the random bytes that a host provides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "expected a number or \"random\"")]
pub enum Seed {
    /// Seed of a deterministic generator: the same bytes in every run.
    Number(u64),
    /// `"random"`: different bytes in every run.
    Word(String),
}

/// Options for encoding the component.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct EncodeOptions {
    /// Makes adapters allocate memory with `memory.grow`, even if main exports a realloc function. Default: false.
    pub realloc_via_memory_grow: bool,
    /// Component, as text or binary (`{ file = "common/environment.wat" }`), whose exports satisfy imports of the
    /// guest's component in place of the host's. Calls between the two components are not observed, so a case cannot
    /// expect them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<FileBytes>,
    /// WIT features to enable: `@unstable` items of these features are included, in addition to the features named in
    /// the sidecar files of the guest and its adapters. `"*"` enables all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
}

impl EncodeOptions {
    /// Returns the enabled features.
    pub(crate) fn features(&self) -> Features {
        Features::of(&self.features)
    }
}

impl Series {
    /// Returns the names and values of all variables.
    pub fn variables(&self) -> impl Iterator<Item = (String, String)> {
        (0..self.count).map(|number| (format!("{}{number}", self.name), self.value.clone()))
    }
}

/// Content of standard input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(
    untagged,
    expecting = "expected a text, { file = \"path\" }, { hex = \"00 ff\" }, { repeat = \"text\", times = number }, { pieces = [\"text\", ..] } or { closed = true }"
)]
pub enum Stdin {
    /// Pieces that arrive one by one, as from a slow pipe. A read returns bytes of at most one piece. Each piece after
    /// the first becomes available only when the guest waits for it.
    Pieces(Pieces),
    /// Closed: every read fails as from a closed descriptor (`program <&-` in a shell). On `native` and `wasi` the
    /// error is a bad descriptor. `my-wasi` cannot report errors and returns end of file.
    Closed(Closed),
    /// All of the content is available from the start.
    All(Bytes),
}

/// See [`Stdin::Closed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Closed {
    /// Always `true`.
    pub closed: bool,
}

/// See [`Stdin::Pieces`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Pieces {
    /// Pieces, none of them empty.
    pub pieces: Vec<String>,
}
