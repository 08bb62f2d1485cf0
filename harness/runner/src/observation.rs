//! What a run did, as plain data. Nothing in here says whether that was right.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use polyfill_build::case::LimitName;
use polyfill_build::index::Stage;
use serde::{Deserialize, Serialize};

use crate::core_boundary::AllGiven;
use crate::trace::Trace;
use crate::violation::{LookedAt, Violation};

/// Frames that a reader gets to see: those where it happened.
const MOST_FRAMES: usize = 40;

/// Everything that was seen of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// How the run ended.
    pub outcome: Outcome,
    /// The calls that returned, in order.
    pub returned: Vec<Returned>,
    /// Standard output; empty when it went to a sink.
    pub stdout: Vec<u8>,
    /// Standard error; empty when it went to a sink.
    pub stderr: Vec<u8>,
    /// Calls across the component boundary in order, as `instance.function(arguments) -> result`.
    pub calls: Vec<String>,
    /// Calls that came after as many as are kept.
    pub calls_dropped: u64,
    /// Whether the host records its calls. `calls` holds nothing of a host that does not.
    pub calls_recorded: bool,
    /// Calls across the core boundary that interposers reported, in the order in which they began, indented by depth.
    pub core_calls: Vec<String>,
    /// Calls that came after as many as are kept.
    pub core_calls_dropped: u64,
    /// Calls across both boundaries, where the run was traced.
    pub trace: Option<Trace>,
    /// What adapters did that they must not do, where that was looked at: the first few of each kind.
    pub violations: Vec<Violation>,
    /// How much was looked at.
    pub looked_at: LookedAt,
    /// What calls of adapters gave, to be compared with another run.
    #[serde(skip)]
    pub given: Arc<AllGiven>,
    /// The functions that the component imports, sorted; without those by which interposers report.
    pub imports: Vec<String>,
    /// The interfaces with versions that its core modules import, sorted. Linkers may satisfy them by other versions.
    pub core_interfaces: Vec<String>,
    /// All that is in the guest's private folder, by its path; `None` if it has none.
    pub files: Option<BTreeMap<String, Seen>>,
    /// 64 KiB pages of all memories when they were created.
    pub pages_initial: u64,
    /// 64 KiB pages by which memories grew, during instantiation and after it.
    pub pages_grown: u64,
    /// Whether a `memory.grow` was refused because of the memory limit.
    pub memory_limit_hit: bool,
    /// Instructions that ran, as wasmtime counts them; nothing of an engine that does not count.
    pub fuel_used: Option<u64>,
    /// Functions that the case answers, and that nothing has called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unasked: Vec<String>,
    /// Resources in the host's table when the run was over, how many of each; nothing of a host that has none of ours.
    pub handles_left: Option<BTreeMap<String, u64>>,
    /// Those of them that answers of the case gave: `counter#1`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answered_left: Vec<String>,
}

impl Observation {
    /// The observation of something that never ran.
    pub fn of(outcome: Outcome) -> Self {
        Self {
            outcome,
            returned: Vec::new(),
            stdout: Vec::new(),
            stderr: Vec::new(),
            calls: Vec::new(),
            calls_dropped: 0,
            calls_recorded: false,
            core_calls: Vec::new(),
            core_calls_dropped: 0,
            trace: None,
            violations: Vec::new(),
            looked_at: LookedAt::default(),
            given: Arc::default(),
            imports: Vec::new(),
            core_interfaces: Vec::new(),
            files: None,
            pages_initial: 0,
            pages_grown: 0,
            memory_limit_hit: false,
            fuel_used: None,
            unasked: Vec::new(),
            handles_left: None,
            answered_left: Vec::new(),
        }
    }

    /// The exit code for a process that stands for this run: the guest's own, 134 (as after `abort`) for a trap,
    /// 124 (as from `timeout`) for a timeout, 1 for anything else that is no return.
    pub fn exit_code(&self) -> i32 {
        match &self.outcome {
            Outcome::Returned => 0,
            Outcome::Exit(code) => *code,
            Outcome::Trap(_) => 134,
            Outcome::Timeout { .. } => 124,
            Outcome::HostError(_)
            | Outcome::Limit { .. }
            | Outcome::HostFailed(_)
            | Outcome::NotRun(_)
            | Outcome::NotBuilt { .. } => 1,
        }
    }
}

/// What is at a path of the guest's private folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    /// A file.
    File {
        /// What is in it.
        content: Vec<u8>,
        /// Its permissions; 0 where the system has none.
        mode: u32,
        /// When it was modified, in seconds since 1970.
        modified: i64,
    },
    /// A folder.
    Folder {
        /// Its permissions; 0 where the system has none.
        mode: u32,
        /// When it was modified, in seconds since 1970.
        modified: i64,
    },
    /// A symbolic link.
    Link {
        /// To what.
        to: String,
    },
    /// A device, a pipe, or the like.
    Other,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Every call returned.
    Returned,
    /// The guest ended itself with an exit code.
    Exit(i32),
    /// The guest trapped.
    Trap(TrapInfo),
    /// A host function failed, which ended the guest.
    HostError(TrapInfo),
    /// The guest was still running after this many milliseconds.
    Timeout {
        /// The time it was given.
        milliseconds: u64,
        /// Milliseconds of processor time that it had used, where it was the limit on the clock that ended it: it waited in a
        /// function of its host, or the machine is too busy.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        used: Option<u64>,
        /// Where it was then, innermost first.
        frames: Vec<Frame>,
    },
    /// The guest used more of something than it may.
    Limit {
        /// Of what.
        limit: LimitName,
        /// How much it may use.
        message: String,
    },
    /// A host that is a program died, or said what makes no sense. What that was, with what it says on standard error.
    HostFailed(String),
    /// The component could not be started or called as the case says. Why.
    NotRun(String),
    /// There is no component: a step of the build failed.
    NotBuilt {
        /// The step.
        stage: Stage,
        /// Its message, in full.
        message: String,
    },
}

impl Outcome {
    /// The frames of the backtrace that goes with it, innermost first.
    pub fn frames(&self) -> &[Frame] {
        match self {
            Self::Trap(info) | Self::HostError(info) => &info.frames,
            Self::Timeout { frames, .. } => frames,
            _ => &[],
        }
    }

    /// The backtrace for a reader, a line a frame under a heading; empty if there is none.
    pub fn backtrace(&self) -> String {
        let frames = self.frames();
        let mut text = String::new();
        if !frames.is_empty() {
            text.push_str("backtrace, innermost first:\n");
        }
        for (number, frame) in frames.iter().take(MOST_FRAMES).enumerate() {
            text.push_str(&format!("  {number:>2}: {frame}\n"));
        }
        if frames.len() > MOST_FRAMES {
            text.push_str(&format!("      ({} more)\n", frames.len() - MOST_FRAMES));
        }
        text
    }
}

/// One line; messages that have more come in full in the report.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Returned => write!(f, "returned"),
            Self::Exit(code) => write!(f, "exit {code}"),
            Self::Trap(info) => write!(f, "trap: {}", info.message),
            Self::HostError(info) => write!(f, "error in a host function: {}", info.message),
            Self::Timeout { milliseconds, used, .. } => {
                write!(f, "timeout: still running after {} s", *milliseconds as f64 / 1000.0)?;
                let Some(used) = used else { return Ok(()) };
                let used = *used as f64 / 1000.0;
                write!(f, " on the clock, with {used} s of processor time: the host waits, or the machine is busy")
            }
            Self::Limit { message, .. } => write!(f, "limit: {message}"),
            Self::HostFailed(why) => write!(f, "the host failed: {why}"),
            Self::NotRun(why) => write!(f, "not run: {why}"),
            Self::NotBuilt { stage, message } => {
                let step = match stage {
                    Stage::Case => "reading the case",
                    Stage::Compile => "compiling the guest",
                    Stage::Adapter => "compiling or checking an adapter",
                    Stage::Encode => "encoding the component",
                };
                write!(f, "not built: {step} failed:\n{}", message.trim_end())
            }
        }
    }
}

/// A trap, or a host function's error, and where it happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrapInfo {
    /// As wasmtime words it, with everything that led to it.
    pub message: String,
    /// Innermost first.
    pub frames: Vec<Frame>,
}

/// One frame of a wasm backtrace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// The core module's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// The function's name, demangled, or its index as `function 7`.
    pub function: String,
    /// The instruction's offset in bytes from the start of its function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// The source line, where debug information tells it: `file:line:column`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Its code is a part of the next frame's function.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inlined: bool,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(module) = &self.module {
            write!(f, "{module}!")?;
        }
        write!(f, "{}", self.function)?;
        if let Some(offset) = self.offset {
            write!(f, " +{offset:#x}")?;
        }
        if let Some(source) = &self.source {
            write!(f, " at {source}")?;
        }
        Ok(())
    }
}

/// A call that returned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Returned {
    /// The call, as the case has it.
    pub invoke: String,
    /// The result in WAVE; `None` if the function has none.
    pub value: Option<String>,
    /// What it wrote on standard output, where that is kept.
    pub printed: Vec<u8>,
}
