//! What a guest is given, beside bytes and files.

use serde::{Deserialize, Serialize};

use super::{Bytes, FileBytes};
use crate::features::Features;

/// Variables that differ in a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// The names, before the number.
    pub name: String,
    /// The value of each.
    pub value: String,
    /// How many: numbers begin at 0.
    pub count: u32,
}

/// A seed of the random bytes that a host gives out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "expected a number or \"random\"")]
pub enum Seed {
    /// The same bytes in every run.
    Number(u64),
    /// `"random"`: other bytes in every run.
    Word(String),
}

/// How the component is encoded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct EncodeOptions {
    /// Adapters take their memory by `memory.grow`, even where main has a realloc to offer.
    pub realloc_via_memory_grow: bool,
    /// Another component, text or binary (`{ file = "common/environment.wat" }`), whose interfaces the guest's is given in
    /// place of the host's. The calls between the two are no host's: no case can expect them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<FileBytes>,
    /// Features of the WIT that is given for the guest and its adapters: their `@unstable` items are taken, beside those that
    /// the files beside guest and adapter name. `"*"` stands for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
}

impl EncodeOptions {
    /// The features.
    pub(crate) fn features(&self) -> Features {
        Features::of(&self.features)
    }

    /// A word for each choice.
    pub(crate) fn words(&self) -> [&str; 2] {
        let grow = if self.realloc_via_memory_grow { "grow" } else { "" };
        [grow, self.provider.as_ref().and_then(|provider| provider.content.as_deref()).unwrap_or_default()]
    }
}

impl Series {
    /// Names and values.
    pub fn variables(&self) -> impl Iterator<Item = (String, String)> {
        (0..self.count).map(|number| (format!("{}{number}", self.name), self.value.clone()))
    }
}

/// What a guest reads from standard input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(
    untagged,
    expecting = "expected a text, { file = \"path\" }, { hex = \"00 ff\" }, { repeat = \"text\", times = number }, { pieces = [\"text\", ..] } or { closed = true }"
)]
pub enum Stdin {
    /// Pieces that come one by one, as from a slow pipe: a read gives one of them at most, and before each but the first
    /// there is nothing to be read until somebody waits for it.
    Pieces(Pieces),
    /// There is none: each read fails, as from a descriptor that is closed (`program <&-` in a shell). On `native` and
    /// `wasi` the error is that of a bad descriptor; `my-wasi`, which has no errors to tell, gives the end.
    Closed(Closed),
    /// Everything is there at once.
    All(Bytes),
}

/// See [`Stdin::Closed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Closed {
    /// `true`.
    pub closed: bool,
}

/// See [`Stdin::Pieces`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Pieces {
    /// The pieces; none is empty.
    pub pieces: Vec<String>,
}
