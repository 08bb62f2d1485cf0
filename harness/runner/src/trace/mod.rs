//! Traces: the calls of a run across both boundaries, in the order in which they began.
//!
//! Interposers report the core boundary ([`core_boundary`](crate::core_boundary)). A proxy component between the
//! component and its host reports the component boundary ([`wrap`]), so that every host is covered without code for its
//! interfaces.

mod core_text;
mod handles;
mod output;
mod passed;
mod replay;
mod results;
mod script;
mod staged;
mod stand_ins;
mod tape;
mod text;
pub(crate) mod wrap;

use serde::{Deserialize, Serialize};

pub use output::{Written, written};
pub use replay::{Divergence, Mode, Replay, Replayed, replay};
pub use results::recorded_results;
pub use script::{Response, Script};
pub use staged::{Growth, Staged, StagedRun};
pub(crate) use tape::{Tape, begin, end};
pub(crate) use text::line;
pub use text::{json_lines, lines, lines_in, shortened};

/// Detail of recorded values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// No trace, and no overhead.
    #[default]
    Off,
    /// Long lists as length, head and hash, for display.
    Short,
    /// All values in full, as required for a replay.
    Full,
}

/// Recorded calls of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Trace {
    /// Calls, in the order in which they began.
    pub events: Vec<Event>,
    /// Number of calls that were not kept, or whose result was shortened, because a limit was reached.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub dropped: u64,
}

/// Call across a boundary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Event {
    /// Boundary and direction.
    pub boundary: Boundary,
    /// Index of the enclosing call in the trace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<usize>,
    /// `instance.function` in WIT, or `module.function` of a core module.
    pub function: String,
    /// Arguments in WAVE, handles by name (`output-stream#2`). With parameter names for described functions of the core boundary.
    pub arguments: Vec<String>,
    /// End of the call.
    pub end: End,
}

/// Boundary that a call crosses, with its direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Boundary {
    /// The host calls an export of the component.
    Export,
    /// Main calls an adapter, or an adapter calls main.
    Core,
    /// The component calls the host.
    Import,
}

/// End of a call.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// Did not end before the end of the run.
    Never,
    /// Returned, with the result if the function has one.
    Returned(Option<String>),
    /// The host ended the run with this exit code.
    Exit(i32),
    /// The host function failed with this message, which ended the run.
    Failed(String),
}

impl Trace {
    /// Returns the nesting depth of each event. An index in [`Event::within`] that does not refer to an earlier event
    /// is ignored.
    pub fn depths(&self) -> Vec<usize> {
        let mut depths: Vec<usize> = Vec::with_capacity(self.events.len());
        for event in &self.events {
            let outer = event.within.and_then(|index| depths.get(index));
            depths.push(outer.map_or(0, |depth| depth + 1));
        }
        depths
    }

    /// Returns the calls of the host only.
    pub fn imports(&self) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(|event| event.boundary == Boundary::Import)
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}
