//! Generates JSON schemas of the files of a suite, for editors and tools.

use std::fmt;
use std::str::FromStr;

use crate::case::Case;
use crate::discover::sidecar::{AdapterSidecar, GroupSidecar, GuestSidecar};

/// Kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// `<guest>.<case>.case.toml`
    Case,
    /// `group.toml`
    Group,
    /// `<guest>.toml`, `guest.toml`
    Guest,
    /// `<adapter>.toml`, `adapter.toml`
    Adapter,
}

impl FileKind {
    /// All of them.
    pub const ALL: [FileKind; 4] = [FileKind::Case, FileKind::Group, FileKind::Guest, FileKind::Adapter];

    /// Returns the JSON schema for the JSON form of the TOML file. Unknown keys are errors, as in the build.
    pub fn schema(self) -> String {
        let schema = match self {
            FileKind::Case => schemars::schema_for!(Case),
            FileKind::Group => schemars::schema_for!(GroupSidecar),
            FileKind::Guest => schemars::schema_for!(GuestSidecar),
            FileKind::Adapter => schemars::schema_for!(AdapterSidecar),
        };
        format!("{:#}\n", schema.as_value())
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FileKind::Case => "case",
            FileKind::Group => "group",
            FileKind::Guest => "guest",
            FileKind::Adapter => "adapter",
        })
    }
}

impl FromStr for FileKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|kind| kind.to_string() == text);
        let names = Self::ALL.map(|kind| format!("`{kind}`")).join(", ");
        found.ok_or_else(|| format!("unknown kind of file; expected one of {names}"))
    }
}
