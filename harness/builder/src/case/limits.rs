//! Defines the resource limits of a case.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Resource limits of a case. They override the limits of the command or test binary that runs the case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct CaseLimits {
    /// CPU time in milliseconds for instantiation and all calls together. Sleeping does not count. Wall-clock time is
    /// limited to ten times this value, and at least 60 seconds, which ends runs that only wait. On an external host,
    /// the limit is wall-clock time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_ms: Option<u64>,
    /// Wasmtime fuel, roughly the number of instructions. Default: unlimited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
    /// Total size of all memories and tables in pages of 64 KiB, including the memories of isolated adapters. A table
    /// element counts 16 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_pages: Option<u64>,
    /// Maximum number of bytes on standard output, and on standard error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<usize>,
    /// Maximum number of bytes of files in the guest's private directory, including the initial `files`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<usize>,
    /// Maximum number of resources that the host holds for the guest at one time. On `native`, this includes open
    /// descriptors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handles: Option<usize>,
}

/// Limited resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LimitName {
    /// CPU time, or wall-clock time.
    Time,
    /// Wasmtime fuel.
    Fuel,
    /// Total bytes of all memories and tables.
    Memory,
    /// Bytes on standard output or standard error.
    Output,
    /// Bytes of files.
    Files,
    /// Resources held at one time.
    Handles,
    /// Random bytes requested in one call.
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
