//! Observed behavior of a run, as plain data without judgement.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use polyfill_builder::case::LimitName;
use polyfill_builder::index::Stage;
use serde::{Deserialize, Serialize};

use crate::core_boundary::AllGiven;
use crate::trace::Trace;
use crate::violation::{Checked, Violation};

/// Maximum number of innermost frames shown.
const MOST_FRAMES: usize = 40;

/// Observed behavior of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Outcome of the run.
    pub outcome: Outcome,
    /// Calls that returned, in order.
    pub returned: Vec<Returned>,
    /// Standard output; empty if it was forwarded to a sink.
    pub stdout: Vec<u8>,
    /// Standard error; empty if it was forwarded to a sink.
    pub stderr: Vec<u8>,
    /// Calls across the component boundary in order, as `instance.function(arguments) -> result`.
    pub calls: Vec<String>,
    /// Number of calls beyond the recording limit.
    pub calls_dropped: u64,
    /// Set if the host records its calls. If not, `calls` holds no calls of the host.
    pub calls_recorded: bool,
    /// Calls across the core boundary that interposition adapters reported, in starting order, indented by depth.
    pub core_calls: Vec<String>,
    /// Number of calls beyond the recording limit.
    pub core_calls_dropped: u64,
    /// Calls across both boundaries, if the run was traced.
    pub trace: Option<Trace>,
    /// Violations by adapters, if they were checked: the first few of each kind.
    pub violations: Vec<Violation>,
    /// Coverage of the checks.
    pub checked: Checked,
    /// Outputs of adapter calls, for comparison with another run.
    #[serde(skip)]
    pub given: Arc<AllGiven>,
    /// Functions that the component imports, sorted, except for the reporting functions of interposition adapters.
    pub imports: Vec<String>,
    /// Versioned interfaces that the core modules import, sorted. Linkers may satisfy them by other versions.
    pub core_interfaces: Vec<String>,
    /// Contents of the guest's private directory by path; `None` if it has none.
    pub files: Option<BTreeMap<String, FileState>>,
    /// Initial size of all memories in 64 KiB pages.
    pub pages_initial: u64,
    /// Growth of all memories in 64 KiB pages, during and after instantiation.
    pub pages_grown: u64,
    /// Set if a `memory.grow` was refused because of the memory limit.
    pub memory_limit_hit: bool,
    /// Number of executed instructions (wasmtime fuel); `None` on an engine that does not count them.
    pub fuel_used: Option<u64>,
    /// Functions that the case answers and that were never called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unasked: Vec<String>,
    /// Number of resources in the host's table after the run, by type; `None` for hosts without a shared table.
    pub handles_left: Option<BTreeMap<String, u64>>,
    /// Remaining resources that answers of the case created: `counter#1`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answered_left: Vec<String>,
}

impl Observation {
    /// Returns the observation of a run that did not start.
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
            checked: Checked::default(),
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

    /// Returns the exit code of a process that mirrors this run: the guest's own, 134 (as after `abort`) for a trap,
    /// 124 (as from `timeout`) for a timeout, 1 for any other failure.
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

/// Entry of the guest's private directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileState {
    /// Regular file.
    File {
        /// Content.
        content: Vec<u8>,
        /// Permission bits; 0 on systems without them.
        mode: u32,
        /// Modification time in seconds since 1970.
        modified: i64,
    },
    /// Directory.
    Folder {
        /// Permission bits; 0 on systems without them.
        mode: u32,
        /// Modification time in seconds since 1970.
        modified: i64,
    },
    /// Symbolic link.
    Link {
        /// Target of the link.
        to: String,
    },
    /// Device, pipe, or other special file.
    Other,
}

/// Outcome of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Every call returned.
    Returned,
    /// The guest exited with an exit code.
    Exit(i32),
    /// The guest trapped.
    Trap(TrapInfo),
    /// A host function failed, which ended the guest.
    HostError(TrapInfo),
    /// The guest exceeded its time limit.
    Timeout {
        /// Time limit in milliseconds.
        milliseconds: u64,
        /// Processor time used in milliseconds, if the wall-clock limit ended the run: the guest waited in a host
        /// function, or the machine is overloaded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        used: Option<u64>,
        /// Backtrace at the timeout, innermost first.
        frames: Vec<Frame>,
    },
    /// The guest exceeded another limit.
    Limit {
        /// Name of the limit.
        limit: LimitName,
        /// Description of the limit.
        message: String,
    },
    /// An external host died or sent an invalid message. Describes the error, including the host's standard error.
    HostFailed(String),
    /// The component could not be started or called as the case specifies. Describes the error.
    NotRun(String),
    /// A step of the build failed.
    NotBuilt {
        /// Failed step.
        stage: Stage,
        /// Full message.
        message: String,
    },
}

impl Outcome {
    /// Returns the frames of the outcome's backtrace, innermost first.
    pub fn frames(&self) -> &[Frame] {
        match self {
            Self::Trap(info) | Self::HostError(info) => &info.frames,
            Self::Timeout { frames, .. } => frames,
            _ => &[],
        }
    }

    /// Formats the backtrace, one frame per line under a heading; empty if there is none.
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

/// Formats the outcome; messages with several lines are included in full.
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
                write!(
                    f,
                    " of wall-clock time, with {used} s of processor time; \
                     the guest waited in a host function, or the machine is overloaded"
                )
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

/// Trap or host function error, with its backtrace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrapInfo {
    /// Message of wasmtime, with the chain of causes.
    pub message: String,
    /// Frames, innermost first.
    pub frames: Vec<Frame>,
}

/// Frame of a wasm backtrace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Name of the core module.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// Demangled name of the function, or its index as `function 7`.
    pub function: String,
    /// Offset of the instruction in bytes from the start of the function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// Source location from debug information: `file:line:column`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Set if the function was inlined into the next frame's function.
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

/// Call that returned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Returned {
    /// Text of the call in the case.
    pub invoke: String,
    /// Result in WAVE; `None` if the function has no result.
    pub value: Option<String>,
    /// Standard output of the call, if it was captured.
    pub printed: Vec<u8>,
}
