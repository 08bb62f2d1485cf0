//! Violations of the rules for adapters, detected at calls across the core boundary.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::observation::Frame;

/// Maximum number of bytes shown.
const MOST_BYTES: usize = 16;

/// Violation of a rule by an adapter, detected during one call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Violation {
    /// Adapter chain; empty if unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub adapter: String,
    /// Function that main called; empty if the violation occurred outside of a call.
    pub function: String,
    /// Call with its arguments and its result.
    pub call: String,
    /// Sequence number of the call across the core boundary, from 1, in starting order.
    pub number: u64,
    /// Nesting depth: number of enclosing calls.
    pub depth: usize,
    /// Kind and details.
    pub what: ViolationKind,
    /// Backtrace, innermost first, if the violation was detected as it happened or attributed by a second run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<Frame>,
    /// Writer of the changed bytes, if `frames` does not show it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub writer: String,
}

/// Kind of a violation, with details.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ViolationKind {
    /// The adapter changed bytes of main's memory that are neither its own nor outputs of the call.
    Memory(Changed),
    /// A failed call wrote a result.
    ResultOnError(Changed),
    /// A failed call wrote to a buffer.
    BufferOnError(Changed),
    /// A successful call did not write a result, or bytes that it reports in a buffer. Describes which.
    Unwritten(String),
    /// The result of a call depends on uninitialized memory. Describes how.
    Uninitialized(String),
    /// The adapter grew main's memory.
    Growth {
        /// Number of 64 KiB pages.
        pages: u64,
    },
    /// Invalid call of main's realloc, or invalid result. Describes the error.
    Realloc(String),
    /// A handle of the host was leaked or dropped twice. Describes the handle.
    Handle(String),
    /// A stack pointer was not restored, or the adapter's stack overflowed. Describes the error.
    Stack(String),
}

/// Changed bytes of main's memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Changed {
    /// Description of the owner of the bytes.
    pub owner: String,
    /// Address of the first byte.
    pub start: u64,
    /// Bytes before the call.
    pub before: Vec<u8>,
    /// Bytes after the call.
    pub after: Vec<u8>,
}

impl Changed {
    /// Returns the address range.
    pub(crate) fn range(&self) -> Range<u64> {
        self.start..self.start + self.before.len() as u64
    }
}

impl ViolationKind {
    /// Names of all kinds.
    pub const KINDS: [&str; 9] = [
        "memory",
        "result-on-error",
        "buffer-on-error",
        "growth",
        "realloc",
        "handle",
        "stack",
        "unwritten",
        "uninitialized",
    ];

    /// Returns the name of this kind.
    pub fn kind(&self) -> &'static str {
        let index = match self {
            Self::Memory(_) => 0,
            Self::ResultOnError(_) => 1,
            Self::BufferOnError(_) => 2,
            Self::Growth { .. } => 3,
            Self::Realloc(_) => 4,
            Self::Handle(_) => 5,
            Self::Stack(_) => 6,
            Self::Unwritten(_) => 7,
            Self::Uninitialized(_) => 8,
        };
        Self::KINDS[index]
    }

    pub(crate) fn changed(&self) -> Option<&Changed> {
        match self {
            Self::Memory(changed) | Self::ResultOnError(changed) | Self::BufferOnError(changed) => Some(changed),
            _ => None,
        }
    }
}

impl fmt::Display for ViolationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: u64| if count == 1 { "" } else { "s" };
        match self {
            Self::Memory(changed) | Self::ResultOnError(changed) | Self::BufferOnError(changed) => {
                let Changed { owner, start, before, .. } = changed;
                let (count, end) = (before.len() as u64, start + before.len() as u64);
                write!(f, "changed {count} byte{} of {owner}, {start:#x}..{end:#x}", plural(count))
            }
            Self::Growth { pages } => write!(f, "grew main's memory by {pages} page{}", plural(*pages)),
            Self::Unwritten(text)
            | Self::Uninitialized(text)
            | Self::Realloc(text)
            | Self::Handle(text)
            | Self::Stack(text) => f.write_str(text),
        }
    }
}

/// Formats the violation in one line.
impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what.kind(), self.what)
    }
}

impl Violation {
    /// Returns a violation outside of any call.
    pub(crate) fn of(what: ViolationKind) -> Violation {
        let [adapter, function, call, writer] = Default::default();
        Violation { adapter, function, call, number: 0, depth: 0, what, frames: Vec::new(), writer }
    }

    /// Returns details beyond the summary line, one per line: call, changed bytes, writer and backtrace.
    pub fn details(&self) -> Vec<String> {
        let by = if self.adapter.is_empty() { String::new() } else { format!(", by {}", self.adapter) };
        let depth = if self.depth == 0 { String::new() } else { format!(", depth {}", self.depth) };
        let mut lines = vec![match self.number {
            0 => format!("outside of calls from main{by}"),
            number => format!("in call {number}{depth}{by}: {}", self.call),
        }];
        if let Some(changed) = self.what.changed() {
            lines.push(format!("before: {}", hex(&changed.before)));
            lines.push(format!("after:  {}", hex(&changed.after)));
        }
        if !self.writer.is_empty() {
            lines.push(format!("written by {}", self.writer));
        }
        for (number, frame) in self.frames.iter().enumerate() {
            lines.push(format!("{number:>2}: {frame}"));
        }
        lines
    }
}

/// Formats the first bytes as hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    let mut text: Vec<String> = bytes.iter().take(MOST_BYTES).map(|byte| format!("{byte:02x}")).collect();
    if bytes.len() > MOST_BYTES {
        text.push("..".into());
    }
    text.join(" ")
}

/// Coverage of the checks: shows that checks actually ran.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Checked {
    /// Calls from main into adapters around which main's memory was compared.
    pub calls: u64,
    /// Calls that were skipped because of their number.
    pub skipped: u64,
    /// Calls of main's realloc.
    pub reallocs: u64,
    /// Maximum number of realloc calls within one call from main.
    pub most_reallocs: u64,
    /// Handles returned by the host.
    pub handles: u64,
    /// Maximum number of handles alive at a time.
    pub most_handles: u64,
    /// Peak use of the adapter's stack by function, over calls that returned. The empty name stands for code outside of
    /// calls.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stacks: BTreeMap<String, StackUse>,
    /// Calls from main in which main's stack pointer was known.
    #[serde(default)]
    pub stack_pointers: u64,
    /// Nondeterministic runs, of which only a prefix could be compared with a second run.
    #[serde(default)]
    pub nondeterministic: u64,
    /// Calls from main of functions without a description, by import module. Only growth, realloc, stacks and handles
    /// were checked, not memory.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub undescribed: BTreeMap<String, u64>,
}

/// Peak use of a stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StackUse {
    /// Maximum number of bytes in use.
    pub used: u32,
    /// Size of the stack in bytes.
    pub of: u32,
}

impl fmt::Display for StackUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} bytes", self.used, self.of)
    }
}

impl Checked {
    /// Returns the function with the highest stack use, and that use.
    pub fn most_stack(&self) -> Option<(&str, StackUse)> {
        let functions = self.stacks.iter().map(|(function, used)| (function.as_str(), *used));
        functions.max_by_key(|(_, used)| *used)
    }

    /// Sums the coverage of two runs; maxima are kept.
    pub(crate) fn and(&self, other: &Checked) -> Checked {
        let mut stacks = self.stacks.clone();
        for (function, used) in &other.stacks {
            most(&mut stacks, function, *used);
        }
        let mut undescribed = self.undescribed.clone();
        for (module, calls) in &other.undescribed {
            *undescribed.entry(module.clone()).or_default() += calls;
        }
        Checked {
            stacks,
            undescribed,
            stack_pointers: self.stack_pointers + other.stack_pointers,
            nondeterministic: self.nondeterministic + other.nondeterministic,
            calls: self.calls + other.calls,
            skipped: self.skipped + other.skipped,
            reallocs: self.reallocs + other.reallocs,
            most_reallocs: self.most_reallocs.max(other.most_reallocs),
            handles: self.handles + other.handles,
            most_handles: self.most_handles.max(other.most_handles),
        }
    }
}

/// Updates the peak stack use of a function.
pub(crate) fn most(stacks: &mut BTreeMap<String, StackUse>, function: &str, used: StackUse) {
    match stacks.get_mut(function) {
        Some(known) => *known = used.max(*known),
        None => drop(stacks.insert(function.to_string(), used)),
    }
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: u64| if count == 1 { "" } else { "s" };
        let &Checked { calls, reallocs, handles, .. } = self;
        write!(f, "checked {calls} adapter call{}, {reallocs} calls of main's realloc", plural(calls))?;
        write!(f, ", and {handles} handle{}", plural(handles))
    }
}
