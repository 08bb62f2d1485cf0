//! Calls of exports, and answers to imports.

use serde::{Deserialize, Serialize};

/// One call of an export.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Call {
    /// The call in WAVE, `f(1, "x")`; an interface's function is `ns:pkg/interface.f(..)` or `interface.f(..)`, and one of
    /// a resource is `interface.counter.add(..)`, or `interface.counter(..)` for the constructor.
    ///
    /// Handles that calls return are `$1`, `$2`, .. in the order in which they come, counted over all calls of the case.
    /// Later calls have them as arguments, `interface.counter.add($1, 5)`; `drop($1)` drops one.
    pub invoke: String,
    /// Milliseconds that pass before it, by the guest's clocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_ms: Option<u64>,
    /// What is written to standard input before it, behind what was not read so far. A call that reads on where nothing is
    /// left finds the end, and a later one what was written since, as from a terminal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write_stdin: Option<String>,
    /// What it prints on standard output; not looked at without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prints: Option<String>,
    /// The result in WAVE, handles as `$1`, `$2`, ..; not looked at without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returns: Option<String>,
}

/// Answers to one of the guest's own imports, so that no host code has to be written for it.
///
/// Where nobody else gives them, this also defines the resources of the function's interface and those in its type, and
/// their constructors. Nothing is behind a handle but its number: `host-calls` shows the third one that answers gave out
/// as `counter#3`, if it is one of a `counter`, and the guest's dropping it as `interface.[resource-drop]counter(counter#3)`.
/// A handle that the guest gives away comes to its end with the call, which `host-calls` does not show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Answer {
    /// `interface.function`, or `function` at the world's root; `interface.counter.add` for one of a resource, and
    /// `interface.counter` for its constructor.
    pub function: String,
    /// Text to put on the guest's standard output at each call, one that traps included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub print: Option<String>,
    /// What it returns, in WAVE: one value for each call, the last one from then on. A new handle is `$new`, also within
    /// other values: `some($new)`, `[$new, $new]`. A constructor returns one without being told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub returns: Vec<String>,
    /// The call that traps, counted from 1, and each one after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trap_at: Option<u32>,
}

impl Call {
    /// Nanoseconds that pass before it.
    pub fn wait(&self) -> u64 {
        self.wait_ms.unwrap_or_default().saturating_mul(1_000_000)
    }

    /// A call of which nothing is expected.
    pub fn of(invoke: impl Into<String>) -> Self {
        Self { invoke: invoke.into(), wait_ms: None, write_stdin: None, prints: None, returns: None }
    }
}

impl Answer {
    /// An answer that says no more than whose it is.
    pub fn of(function: impl Into<String>) -> Self {
        Self { function: function.into(), print: None, returns: Vec::new(), trap_at: None }
    }
}
