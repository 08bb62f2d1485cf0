//! Defines calls of exports and responses to imports.

use serde::{Deserialize, Serialize};

/// Call of an export.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Call {
    /// Call in WAVE: `f(1, "x")`. A function of an interface is `ns:pkg/interface.f(..)` or `interface.f(..)`. A
    /// method of a resource is `interface.counter.add(..)`, its constructor `interface.counter(..)`.
    ///
    /// Returned handles are named `$1`, `$2`, .. in the order in which they are returned, counted over all calls of
    /// the case. Later calls pass them as arguments: `interface.counter.add($1, 5)`. `drop($1)` drops a handle.
    pub invoke: String,
    /// Delay before the call in milliseconds of the guest's clocks. Default: 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_ms: Option<u64>,
    /// Text to append to standard input before the call. A guest that reads past the available text gets end of file;
    /// a later call can read text that was appended since, as from a terminal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write_stdin: Option<String>,
    /// Expected standard output of the call. Default: not checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prints: Option<String>,
    /// Expected result in WAVE, with handles as `$1`, `$2`, .. Default: not checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returns: Option<String>,
}

/// Host mock: responses to one of the guest's own imports, without host code.
///
/// The resources of the function's interface and of its type are also defined, with their constructors, unless they
/// are defined elsewhere. A mock handle is only a number: `host-calls` shows the third `counter` handle that mocks
/// returned as `counter#3`, and its drop by the guest as `interface.[resource-drop]counter(counter#3)`. An owned
/// handle that the guest passes to a call is dropped at the end of the call; `host-calls` does not show this.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Answer {
    /// Name of the import: `interface.function`, or `function` at the world's root; `interface.counter.add` for a
    /// method of a resource, `interface.counter` for its constructor.
    pub function: String,
    /// Text to write to the guest's standard output at each call, including calls that trap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub print: Option<String>,
    /// Return values in WAVE, one for each call; the last one repeats. `$new` creates a handle, also within other
    /// values: `some($new)`, `[$new, $new]`. Constructors return a new handle by default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub returns: Vec<String>,
    /// Number of the first call that traps, counted from 1; all later calls trap too. Default: no call traps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trap_at: Option<u32>,
}

impl Call {
    /// Returns the delay before the call in nanoseconds.
    pub fn wait(&self) -> u64 {
        self.wait_ms.unwrap_or_default().saturating_mul(1_000_000)
    }

    /// Returns a call without expectations.
    pub fn of(invoke: impl Into<String>) -> Self {
        Self { invoke: invoke.into(), wait_ms: None, write_stdin: None, prints: None, returns: None }
    }
}

impl Answer {
    /// Returns a mock with only a function name.
    pub fn of(function: impl Into<String>) -> Self {
        Self { function: function.into(), print: None, returns: Vec::new(), trap_at: None }
    }
}
