//! How much a guest may use.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Limits of a case, in place of those of whoever runs it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct CaseLimits {
    /// Milliseconds for instantiation and all calls together. Virtual: sleeping takes none of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_ms: Option<u64>,
    /// Instructions, as wasmtime counts them. There is no such limit without the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
    /// 64 KiB pages of each memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_pages: Option<u64>,
    /// Bytes on each of standard output and standard error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<usize>,
    /// Bytes of files in the guest's private directory, those of `files` among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<usize>,
    /// Resources that the host holds for the guest at a time; on `native`, open descriptors among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handles: Option<usize>,
}

/// What there are limits on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LimitName {
    /// Time.
    Time,
    /// Instructions.
    Fuel,
    /// Bytes of each memory.
    Memory,
    /// Bytes on standard output or standard error.
    Output,
    /// Bytes of files.
    Files,
    /// Resources at a time.
    Handles,
    /// Random bytes in one call.
    Random,
}

impl CaseLimits {
    pub(super) fn is_empty(&self) -> bool {
        *self == CaseLimits::default()
    }
}

impl fmt::Display for LimitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LimitName::Time => "time",
            LimitName::Fuel => "fuel",
            LimitName::Memory => "memory",
            LimitName::Output => "output",
            LimitName::Files => "files",
            LimitName::Handles => "handles",
            LimitName::Random => "random",
        })
    }
}
