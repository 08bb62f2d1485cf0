//! Use of the canonical ABI by a component, read from its bytes.
//!
//! Works for components of any encoder. The component is evaluated symbolically (aliases, nested components, instances
//! built from exports), so that the layout has no influence: a function is identified by its path in the component's
//! imports and exports, and a core function by the module that implements it and its export name. Generated modules
//! (shims, fixups, task hooks) are followed to the function that is finally called.
//!
//! Absent options have the default of the specification, so that an explicit default makes no difference:
//! * `string-encoding`: UTF-8 (`Binary.md`, canonical definitions; `CanonicalABI.md`, canonical options).
//! * A name's version suffix: `a:b/c@0.2` with the suffix `.6` is `a:b/c@0.2.6`
//!   (`Explainer.md`, import and export definitions).
//! * Two lowers of one function with the same options are equal, because they are indistinguishable
//!   (`Explainer.md`, canonical built-ins: a lower makes a stateless core function).
//!
//! Core functions are identified by the names of core modules: encode with debug names.

mod component;
mod core;
mod forward;
mod generated;
mod spaces;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Use of the canonical ABI by a component. Equal for equal wiring, regardless of the layout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Lowered functions by path, each with the option sets of its lowers.
    pub lowered: BTreeMap<String, BTreeSet<Options>>,
    /// Exported functions by path.
    pub lifted: BTreeMap<String, Lifted>,
    /// Exported resources by path, each with its destructor.
    pub resources: BTreeMap<String, Option<CoreName>>,
    /// Canonical built-ins other than lift and lower, each with its subject: `resource.drop a:b/c#r`.
    pub builtins: BTreeSet<String>,
}

/// An exported function.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "few instances exist")]
pub enum Lifted {
    /// A lifted core function.
    Core {
        /// The core function that is finally called.
        implementation: CoreName,
        /// Its canonical options.
        options: Options,
    },
    /// A re-export of the function that the component imports under that path.
    Imported(String),
}

/// Canonical options of a lift or lower.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Options {
    /// Module that owns the memory.
    pub memory: Option<String>,
    /// The `realloc` function.
    pub realloc: Option<CoreName>,
    /// String encoding.
    pub encoding: Encoding,
    /// The `post-return` function.
    pub post_return: Option<CoreName>,
    /// The `callback` of an asynchronous lift.
    pub callback: Option<CoreName>,
    /// Set for the asynchronous ABI.
    pub asynchronous: bool,
}

/// A string encoding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Encoding {
    /// UTF-8, the default.
    #[default]
    Utf8,
    /// UTF-16.
    Utf16,
    /// Latin-1 or UTF-16, per string.
    CompactUtf16,
}

/// A core function, identified by its implementing module and export.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CoreName {
    /// Name of the core module.
    pub module: String,
    /// Name of the export.
    pub export: String,
    /// Codes that generated modules pass to a task hook before and after the call, in order.
    pub notices: Vec<u64>,
}

/// Error of an unreadable component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NeedsError {
    /// The bytes are not a component.
    Malformed {
        /// Offset in bytes.
        offset: u64,
        /// Description of the error.
        message: String,
    },
    /// An index is out of range or refers to another sort.
    Index {
        /// Index space.
        space: &'static str,
        /// The index.
        index: u32,
    },
    /// An instance lacks an aliased export.
    Export {
        /// Name of the export.
        name: String,
    },
}

/// Reads the use of the canonical ABI by a component.
///
/// # Errors
///
/// Returns an error if the bytes are malformed or contain an invalid reference. A valid component is always readable.
pub fn needs(component: &[u8]) -> Result<Needs, NeedsError> {
    component::read(component)?.needs()
}

impl Needs {
    /// Returns the differences, one per line: `-` for items only in `self`, `+` for items only in `other`. Empty if
    /// equal.
    pub fn diff(&self, other: &Needs) -> String {
        let (left, right) = (self.to_string(), other.to_string());
        let (left, right): (BTreeSet<&str>, BTreeSet<&str>) = (left.lines().collect(), right.lines().collect());
        let mut lines: Vec<(&str, char)> = left.difference(&right).map(|line| (*line, '-')).collect();
        lines.extend(right.difference(&left).map(|line| (*line, '+')));
        // Similar lines are adjacent: they are ordered by text, then by sign.
        lines.sort_by_key(|(line, sign)| (line.split_whitespace().nth(1), *sign == '+', *line));
        lines.iter().map(|(line, sign)| format!("{sign} {line}\n")).collect()
    }
}

impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (path, all) in &self.lowered {
            for options in all {
                writeln!(f, "lower {path}{options}")?;
            }
        }
        for (path, lifted) in &self.lifted {
            match lifted {
                Lifted::Core { implementation, options } => writeln!(f, "lift {path} = {implementation}{options}")?,
                Lifted::Imported(other) => writeln!(f, "export {path} = import {other}")?,
            }
        }
        for (path, dtor) in &self.resources {
            match dtor {
                Some(dtor) => writeln!(f, "resource {path} dtor={dtor}")?,
                None => writeln!(f, "resource {path}")?,
            }
        }
        self.builtins.iter().try_for_each(|builtin| writeln!(f, "{builtin}"))
    }
}

impl fmt::Display for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(memory) = &self.memory {
            write!(f, " memory={memory}")?;
        }
        let functions = [("realloc", &self.realloc), ("post-return", &self.post_return), ("callback", &self.callback)];
        for (name, function) in functions {
            if let Some(function) = function {
                write!(f, " {name}={function}")?;
            }
        }
        match self.encoding {
            Encoding::Utf8 => {}
            Encoding::Utf16 => f.write_str(" utf16")?,
            Encoding::CompactUtf16 => f.write_str(" latin1+utf16")?,
        }
        if self.asynchronous { f.write_str(" async") } else { Ok(()) }
    }
}

impl fmt::Display for CoreName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.module, self.export)?;
        if self.notices.is_empty() { Ok(()) } else { write!(f, " with notice {:?}", self.notices) }
    }
}

impl fmt::Display for NeedsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NeedsError::Malformed { offset, message } => write!(f, "malformed component at byte {offset}: {message}"),
            NeedsError::Index { space, index } => write!(f, "the component has no {space} {index}"),
            NeedsError::Export { name } => write!(f, "an instance does not export `{name}`"),
        }
    }
}

impl std::error::Error for NeedsError {}

impl From<wasmparser::BinaryReaderError> for NeedsError {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        NeedsError::Malformed { offset: error.offset(), message: error.message().to_string() }
    }
}
