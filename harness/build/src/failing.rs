//! The ways in which a run can fail, as an expected failure names them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::case::Expect;

/// One way in which a run fails: the key of `expect`, or of a call, that is not met; or how the run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The run returned, or ended with an exit code, and another end is expected.
    Exit,
    /// The run trapped, or a host function failed.
    Trap,
    /// A limit ended the run.
    Limit,
    /// The component cannot be encoded.
    Error,
    /// Standard output differs.
    Stdout,
    /// Standard error differs.
    Stderr,
    /// The files that are left differ.
    Files,
    /// The result of a call differs.
    Returns,
    /// The output of a call differs.
    Prints,
    /// The calls across the component boundary differ.
    HostCalls,
    /// The calls across the core boundary differ.
    CoreCalls,
    /// The trace differs.
    Trace,
    /// The backtrace of an expected trap differs.
    Backtrace,
    /// The component imports other functions.
    Imports,
    /// The component imports what `no-imports` excludes.
    NoImports,
    /// The component's core modules import several versions of a namespace.
    OneVersion,
    /// Memory grew by another number of pages.
    PagesGrown,
    /// The host holds other resources at the end.
    HandlesLeft,
    /// A check of adapters (`sanitize`) found a violation.
    Sanitize,
}

/// Kinds of failure, one of which is expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(
    untagged,
    expecting = "expected how the run fails: `exit`, `trap`, `limit`, `error` (encoding fails), `sanitize`, or the key that is \
                 not met (`stdout`, `stderr`, `files`, `returns`, `prints`, `host-calls`, `core-calls`, `trace`, `backtrace`, \
                 `imports`, `no-imports`, `one-version`, `pages-grown`, `handles-left`); or a list of these"
)]
pub enum FailureKinds {
    /// This one.
    One(FailureKind),
    /// Any of these.
    Several(Vec<FailureKind>),
}

/// How a cell fails: by its kind, or by the actual values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(
    untagged,
    expecting = "expected how the run fails: `exit`, `trap`, `limit`, `error` (encoding fails), `sanitize`, or the key that is \
                 not met (`stdout`, `stderr`, `files`, `returns`, `prints`, `host-calls`, `core-calls`, `trace`, `backtrace`, \
                 `imports`, `no-imports`, `one-version`, `pages-grown`, `handles-left`); a list of these; or the actual \
                 values, as in `expect`: `{ exit = 3 }`"
)]
pub enum With {
    /// Each difference is of one of these kinds.
    Kinds(FailureKinds),
    /// The actual values: the run meets `expect` with these keys in place of its own.
    Actual(Box<Expect>),
}

impl FailureKinds {
    /// All of them.
    pub fn kinds(&self) -> &[FailureKind] {
        match self {
            FailureKinds::One(kind) => std::slice::from_ref(kind),
            FailureKinds::Several(kinds) => kinds,
        }
    }
}

impl With {
    /// The kinds, where it names kinds.
    pub fn kinds(&self) -> Option<&FailureKinds> {
        match self {
            With::Kinds(kinds) => Some(kinds),
            With::Actual(_) => None,
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FailureKind::Exit => "exit",
            FailureKind::Trap => "trap",
            FailureKind::Limit => "limit",
            FailureKind::Error => "error",
            FailureKind::Stdout => "stdout",
            FailureKind::Stderr => "stderr",
            FailureKind::Files => "files",
            FailureKind::Returns => "returns",
            FailureKind::Prints => "prints",
            FailureKind::HostCalls => "host-calls",
            FailureKind::CoreCalls => "core-calls",
            FailureKind::Trace => "trace",
            FailureKind::Backtrace => "backtrace",
            FailureKind::Imports => "imports",
            FailureKind::NoImports => "no-imports",
            FailureKind::OneVersion => "one-version",
            FailureKind::PagesGrown => "pages-grown",
            FailureKind::HandlesLeft => "handles-left",
            FailureKind::Sanitize => "sanitize",
        })
    }
}

/// `` `stdout` or `stderr` ``.
impl fmt::Display for FailureKinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds: Vec<String> = self.kinds().iter().map(|kind| format!("`{kind}`")).collect();
        f.write_str(&kinds.join(" or "))
    }
}
