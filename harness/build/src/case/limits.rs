//! How much a guest may use.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Limits of a case, in place of those of whoever runs it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct CaseLimits {
    /// Milliseconds of processor time for instantiation and all calls together. Sleeping takes none of it. On the clock the
    /// guest may take ten times as long, and at least 60 seconds: a run that waits is ended by that. On a host that is a
    /// program, these are milliseconds on the clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_ms: Option<u64>,
    /// Instructions, as wasmtime counts them. There is no such limit without the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
    /// 64 KiB pages of all memories together, with all tables (16 bytes an element): main's, and those of isolated adapters.
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
    /// Bytes of all memories and tables together.
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
