//! What an adapter must never do, as it was seen in a call across the core boundary.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::observation::Frame;

/// Bytes that a reader gets to see.
const MOST_BYTES: usize = 16;

/// Something that an adapter did in a call, and must not do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Violation {
    /// The stack of adapters; empty where that is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub adapter: String,
    /// The function that was called. Empty, if main had called none.
    pub function: String,
    /// The call, with its arguments and its result.
    pub call: String,
    /// Which one across the core boundary it was, from 1, in the order in which they began.
    pub number: u64,
    /// How many of them it was made in.
    pub depth: usize,
    /// What it was.
    pub what: What,
    /// Where, if it was seen as it happened, or in a second run of the case, innermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<Frame>,
    /// Who wrote bytes that changed, if no frames tell.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub writer: String,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Bytes of main's memory changed that are neither the adapter's nor what the call gives out.
    Memory(Changed),
    /// A result was written by a call that failed.
    ResultOnError(Changed),
    /// A buffer was written to by a call that failed.
    BufferOnError(Changed),
    /// A call that succeeded has not written a result, or what it says is in a buffer. Which one.
    Unwritten(String),
    /// A call depends on bytes that nobody has written. In what way.
    Uninitialized(String),
    /// Memory grew by so many pages.
    Growth {
        /// The number.
        pages: u64,
    },
    /// Main's realloc was asked for what it has not got to give, or gave it. In what way.
    Realloc(String),
    /// A handle of the host was not given back in time, or twice. Which one.
    Handle(String),
    /// The adapter's stack is not as it was, or too small; or main's is not as it was. In what way.
    Stack(String),
}

/// Bytes that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Changed {
    /// Whose they are.
    pub owner: String,
    /// The address of the first one.
    pub start: u64,
    /// As they were.
    pub before: Vec<u8>,
    /// As they are.
    pub after: Vec<u8>,
}

impl Changed {
    /// The addresses.
    pub(crate) fn range(&self) -> Range<u64> {
        self.start..self.start + self.before.len() as u64
    }
}

impl What {
    /// A word for each kind.
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

    /// The word for this one.
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

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: u64| if count == 1 { "" } else { "s" };
        match self {
            Self::Memory(changed) | Self::ResultOnError(changed) | Self::BufferOnError(changed) => {
                let Changed { owner, start, before, .. } = changed;
                let (count, end) = (before.len() as u64, start + before.len() as u64);
                write!(f, "changed {count} byte{} of {owner}, {start:#x}..{end:#x}", plural(count))
            }
            Self::Growth { pages } => write!(f, "made main's memory larger by {pages} page{}", plural(*pages)),
            Self::Unwritten(text)
            | Self::Uninitialized(text)
            | Self::Realloc(text)
            | Self::Handle(text)
            | Self::Stack(text) => f.write_str(text),
        }
    }
}

/// In one line.
impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what.kind(), self.what)
    }
}

impl Violation {
    /// One in no call.
    pub(crate) fn of(what: What) -> Violation {
        let [adapter, function, call, writer] = Default::default();
        Violation { adapter, function, call, number: 0, depth: 0, what, frames: Vec::new(), writer }
    }

    /// In whose call, and all that is known beside the one line; each in a line of its own.
    pub fn details(&self) -> Vec<String> {
        let by = if self.adapter.is_empty() { String::new() } else { format!(", by {}", self.adapter) };
        let depth = if self.depth == 0 { String::new() } else { format!(", {} deep", self.depth) };
        let mut lines = vec![match self.number {
            0 => format!("in no call of main's{by}"),
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

/// The first bytes, as hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    let mut text: Vec<String> = bytes.iter().take(MOST_BYTES).map(|byte| format!("{byte:02x}")).collect();
    if bytes.len() > MOST_BYTES {
        text.push("..".into());
    }
    text.join(" ")
}

/// How much was looked at: that nothing is found must not be for want of looking.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LookedAt {
    /// Calls of main's into adapters around which its memory was compared.
    pub calls: u64,
    /// Those of very many that were passed over.
    pub passed_over: u64,
    /// Calls of main's realloc.
    pub reallocs: u64,
    /// The most of them in one call of main's.
    pub most_reallocs: u64,
    /// Handles that the host gave.
    pub handles: u64,
    /// The most that there were at a time.
    pub most_handles: u64,
    /// What calls of each function have used at most of an adapter's stack; of those that have returned. What was in no call
    /// has no name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stacks: BTreeMap<String, StackUse>,
    /// Calls of main's in which its stack pointer was known.
    #[serde(default)]
    pub stack_pointers: u64,
    /// Runs of which no more than the beginning could be compared with a second one: by itself that is another one.
    #[serde(default)]
    pub unsteady: u64,
}

/// How much of a stack was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StackUse {
    /// Bytes, at most.
    pub used: u32,
    /// Bytes that there are.
    pub of: u32,
}

impl fmt::Display for StackUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} bytes", self.used, self.of)
    }
}

impl LookedAt {
    /// The function whose calls used most of a stack, and how much that was.
    pub fn most_stack(&self) -> Option<(&str, StackUse)> {
        let functions = self.stacks.iter().map(|(function, used)| (function.as_str(), *used));
        functions.max_by_key(|(_, used)| *used)
    }

    /// The same of two runs.
    pub(crate) fn and(&self, other: &LookedAt) -> LookedAt {
        let mut stacks = self.stacks.clone();
        for (function, used) in &other.stacks {
            most(&mut stacks, function, *used);
        }
        LookedAt {
            stacks,
            stack_pointers: self.stack_pointers + other.stack_pointers,
            unsteady: self.unsteady + other.unsteady,
            calls: self.calls + other.calls,
            passed_over: self.passed_over + other.passed_over,
            reallocs: self.reallocs + other.reallocs,
            most_reallocs: self.most_reallocs.max(other.most_reallocs),
            handles: self.handles + other.handles,
            most_handles: self.most_handles.max(other.most_handles),
        }
    }
}

/// Keeps the most that calls of a function have used.
pub(crate) fn most(stacks: &mut BTreeMap<String, StackUse>, function: &str, used: StackUse) {
    match stacks.get_mut(function) {
        Some(known) => *known = used.max(*known),
        None => drop(stacks.insert(function.to_string(), used)),
    }
}

impl fmt::Display for LookedAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: u64| if count == 1 { "" } else { "s" };
        let &LookedAt { calls, reallocs, handles, .. } = self;
        write!(f, "looked at {calls} call{} of adapters, {reallocs} of main's realloc", plural(calls))?;
        write!(f, ", and {handles} handle{}", plural(handles))
    }
}
