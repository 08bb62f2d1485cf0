//! What a component asks of the canonical ABI, read straight from its bytes.
//!
//! Any encoder's component will do. Every component is evaluated symbolically (aliases, nested components, instances put
//! together from exports), so that layout leaves no trace: a function is known by its path in the component's imports
//! and exports, a core function by the module that implements it and the name it exports it under. Modules that an
//! encoder generates (shims, fixups, task hooks) are looked through, down to the function that runs in the end.
//!
//! What the specification gives for an absent option is what is read for it, so that writing it makes no difference:
//! * `string-encoding`: UTF-8 (`Binary.md`, canonical definitions; `CanonicalABI.md`, canonical options).
//! * A name's version suffix: `a:b/c@0.2` with the suffix `.6` is `a:b/c@0.2.6`
//!   (`Explainer.md`, import and export definitions).
//! * Two lowers of one function with the same options are one: nothing tells them apart
//!   (`Explainer.md`, canonical built-ins: a lower makes a stateless core function).
//!
//! Owners of core functions are told by the names of core modules: encode with debug names.

mod component;
mod core;
mod forward;
mod generated;
mod spaces;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What a component asks of the canonical ABI. Equal for equal wiring, whatever the layout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Lowered functions by path, each with all the options it is lowered with.
    pub lowered: BTreeMap<String, BTreeSet<Options>>,
    /// Exported functions by path.
    pub lifted: BTreeMap<String, Lifted>,
    /// Exported resources by path, each with its destructor.
    pub resources: BTreeMap<String, Option<CoreName>>,
    /// Canonical built-ins other than lift and lower, each with what it is for: `resource.drop a:b/c#r`.
    pub builtins: BTreeSet<String>,
}

/// An exported function.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "there are few")]
pub enum Lifted {
    /// A core function, lifted.
    Core {
        /// The core function that runs in the end.
        implementation: CoreName,
        /// Its canonical options.
        options: Options,
    },
    /// The function that the component imports under that path, exported again.
    Imported(String),
}

/// Canonical options of a lift or lower.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Options {
    /// The module whose memory it is.
    pub memory: Option<String>,
    /// What gives memory.
    pub realloc: Option<CoreName>,
    /// How strings lie in memory.
    pub encoding: Encoding,
    /// What is called when the result has been read.
    pub post_return: Option<CoreName>,
    /// What is called with events, for an asynchronous lift.
    pub callback: Option<CoreName>,
    /// The asynchronous ABI.
    pub asynchronous: bool,
}

/// How strings lie in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Encoding {
    /// UTF-8, which is also what an absent option means.
    #[default]
    Utf8,
    /// UTF-16.
    Utf16,
    /// Latin-1 or UTF-16, string by string.
    CompactUtf16,
}

/// A core function: who implements it, and under which export.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CoreName {
    /// The core module's name.
    pub module: String,
    /// The export's name.
    pub export: String,
    /// What generated modules on the way tell a task hook about the call, in order: codes before it and after it.
    pub notices: Vec<u64>,
}

/// Why a component could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NeedsError {
    /// The bytes are not those of a component.
    Malformed {
        /// Where, in bytes from the start.
        offset: u64,
        /// What is wrong.
        message: String,
    },
    /// An index points at nothing, or at something of another sort.
    Index {
        /// The index space.
        space: &'static str,
        /// The index.
        index: u32,
    },
    /// An item is taken from an instance that does not have it.
    Export {
        /// The item's name.
        name: String,
    },
}

/// Reads what a component asks of the canonical ABI.
///
/// # Errors
/// If the bytes are malformed or refer to what is not there. A component that validates is always read.
pub fn needs(component: &[u8]) -> Result<Needs, NeedsError> {
    component::read(component)?.needs()
}

impl Needs {
    /// What differs, a line each: `-` for what only `self` has, `+` for what only `other` has. Empty if nothing does.
    pub fn diff(&self, other: &Needs) -> String {
        let (left, right) = (self.to_string(), other.to_string());
        let (left, right): (BTreeSet<&str>, BTreeSet<&str>) = (left.lines().collect(), right.lines().collect());
        let mut lines: Vec<(&str, char)> = left.difference(&right).map(|line| (*line, '-')).collect();
        lines.extend(right.difference(&left).map(|line| (*line, '+')));
        // What is alike stands together, ours below the other's: by what and where, then the sign.
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
