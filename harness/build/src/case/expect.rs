//! What must be seen.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Bytes, LimitName};
use crate::tree::Tree;

/// What must be seen. What is not named is not looked at, except for the outcome.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Expect {
    /// The exit code; 0 also stands for a plain return. Without `exit`, `trap`, `error` and `limit`, 0 is expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// The run is ended by a limit: `time`, `fuel`, `output`, `files`, `handles` or `random`; or, however it ends, memory
    /// could not grow beyond the limit, or not even begin: `memory`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<LimitName>,
    /// A trap: its kind as wasmtime words it (`unreachable`, `out of bounds memory access`), or a part of its message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trap: Option<String>,
    /// The function that the trap comes from: a part of the name of the innermost frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trap_in: Option<String>,
    /// Functions of the trap's backtrace, innermost first: each a part of a frame's name, others may lie between.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub backtrace: Vec<String>,
    /// Encoding fails, with this message in full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Bytes>,
    /// Standard output, exactly or by a pattern.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stdout: Option<Bytes>,
    /// Standard error, exactly or by a pattern.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stderr: Option<Bytes>,
    /// Calls across the component boundary, all of them in order: `my-wasi.print([104, 105]) -> 2`.
    /// Lists of bytes are written as strings where they are text: `my-wasi.print("hi") -> 2`. Or some of them:
    /// `{ at-least = [..], never = [..] }`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_calls: Option<HostCalls>,
    /// Calls that interposers report, a line each in the order in which they began, with core values:
    /// `wasi_snapshot_preview1.fd_write(1, 1048, 1, 1060) -> 0`. Those within another call are indented by two spaces;
    /// one that did not return has no result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub core_calls: Option<Bytes>,
    /// The trace of the run, as `polyfill run --trace` prints it: the calls across both boundaries, with what called what. The
    /// case is run with a trace then. On the host `native` there is none, nor on hosts of other processes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<Bytes>,
    /// The component's imported functions, sorted: `my-wasi.print`; without those by which interposers report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imports: Option<Vec<String>>,
    /// Words that are in the name of no function that the component imports: `wasi:sockets`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub no_imports: Vec<String>,
    /// The interfaces that the component's core modules import, adapters among them, have one version in each namespace
    /// (`wasi`): not one of the world and another one in the code, which only some hosts let through.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub one_version: bool,
    /// Pages by which the guest's memory grew: `[least, most]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pages_grown: Option<[u64; 2]>,
    /// Resources that the host still holds for the guest when the run is over, on hosts that keep them in a table: those
    /// that the guest, or its adapter, has not given back. How many there are, or how many of each,
    /// `{ descriptor = 1, input-stream = 2 }`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handles_left: Option<Handles>,
    /// All that is in the folder of `files` afterwards; the folders on the way need not be named. Permissions and times are
    /// looked at where an entry names them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<Tree>,
}

/// Resources that a host holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "expected a number, or { resource = number, .. }")]
pub enum Handles {
    /// How many there are.
    All(u64),
    /// How many of each there are, by the names that WASI 0.2 gives them; there are no others. What a host of one's own
    /// keeps in the table is `other`, whatever it is.
    Each(BTreeMap<String, u64>),
}

/// Which calls there must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "expected a list of calls, or { at-least = [..], unordered = [..], never = [..] }")]
pub enum HostCalls {
    /// These, in this order, and no others.
    Exactly(Vec<String>),
    /// Some, in which `[..]` stands for any text.
    Some(SomeCalls),
}

/// See [`HostCalls::Some`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SomeCalls {
    /// These, in this order; others may be between them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub at_least: Vec<String>,
    /// These and no others, in any order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unordered: Option<Vec<String>>,
    /// None of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub never: Vec<String>,
}

impl SomeCalls {
    /// Whether it takes all calls to tell that there are no others.
    pub fn needs_all(&self) -> bool {
        self.unordered.is_some() || !self.never.is_empty()
    }
}
