//! Names the kinds of failure of a run.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::case::Expect;

/// Kind of failure: the unmet key of `expect` or of a call, or the outcome of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The run returned or exited, and a different outcome was expected.
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
    /// The files after the run differ.
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
    /// The functions that the component imports differ.
    Imports,
    /// The component imports a function that `no-imports` forbids.
    NoImports,
    /// The component's core modules import several versions of one namespace.
    OneVersion,
    /// The growth of memory differs.
    PagesGrown,
    /// The resources that the host holds after the run differ.
    HandlesLeft,
    /// An adapter check (`sanitize`) found a violation.
    Sanitize,
}

/// Expected kinds of failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(
    untagged,
    expecting = "expected how the run fails: `exit`, `trap`, `limit`, `error` (encoding fails), `sanitize`, or the key that is \
                 not met (`stdout`, `stderr`, `files`, `returns`, `prints`, `host-calls`, `core-calls`, `trace`, `backtrace`, \
                 `imports`, `no-imports`, `one-version`, `pages-grown`, `handles-left`); or a list of these"
)]
pub enum FailureKinds {
    /// One kind.
    One(FailureKind),
    /// Kinds, any of which may occur.
    Several(Vec<FailureKind>),
}

/// Expected failure of a trial, by kind or by actual values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(
    untagged,
    expecting = "expected how the run fails: `exit`, `trap`, `limit`, `error` (encoding fails), `sanitize`, or the key that is \
                 not met (`stdout`, `stderr`, `files`, `returns`, `prints`, `host-calls`, `core-calls`, `trace`, `backtrace`, \
                 `imports`, `no-imports`, `one-version`, `pages-grown`, `handles-left`); a list of these; or the actual \
                 values, as in `expect`: `{ exit = 3 }`"
)]
pub enum ExpectedFailure {
    /// Kinds of which each difference must be one.
    Kinds(FailureKinds),
    /// Actual values: the run meets `expect` with these keys replaced.
    Actual(Box<Expect>),
}

impl FailureKinds {
    /// Returns all kinds.
    pub fn kinds(&self) -> &[FailureKind] {
        match self {
            FailureKinds::One(kind) => std::slice::from_ref(kind),
            FailureKinds::Several(kinds) => kinds,
        }
    }
}

impl ExpectedFailure {
    /// Returns the kinds, or `None` for actual values.
    pub fn kinds(&self) -> Option<&FailureKinds> {
        match self {
            ExpectedFailure::Kinds(kinds) => Some(kinds),
            ExpectedFailure::Actual(_) => None,
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
