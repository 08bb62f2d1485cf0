//! Traces: the calls of a run across both boundaries, in the order in which they began.
//!
//! The core side is told by interposers ([`core_boundary`](crate::core_boundary)), the component side by a relay that
//! stands between the component and its host ([`wrap`]): so any host is covered, without code for its interfaces.

mod handles;
mod output;
mod passed;
pub(crate) mod preview1;
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
pub use script::{Says, Script};
pub use staged::{Growth, Staged, StagedRun};
pub(crate) use tape::{Tape, begin, end};
pub(crate) use text::line;
pub use text::{json_lines, lines, lines_in, shortened};

/// How much a trace keeps of the values that it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// No trace at all, at no cost.
    #[default]
    Off,
    /// Long lists by their length, their head and a hash: for people.
    Short,
    /// All of them: what a replay answers from.
    Full,
}

/// The calls of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Trace {
    /// In the order in which they began.
    pub events: Vec<Event>,
    /// Calls that came after as many as are kept.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub dropped: u64,
}

/// A call across a boundary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Event {
    /// Which boundary, and in which direction.
    pub boundary: Boundary,
    /// The call that this one was made in, by its place in the trace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<usize>,
    /// `instance.function` of WIT, or `module.function` of a core module.
    pub function: String,
    /// In WAVE, handles by name (`output-stream#2`); for functions of preview1 with the names of their parameters.
    pub arguments: Vec<String>,
    /// How it ended.
    pub end: End,
}

/// Where a call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Boundary {
    /// The host calls an export of the component.
    Export,
    /// Main calls an adapter, or an adapter main.
    Core,
    /// The component calls the host.
    Import,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// It did not: the run was over before.
    Never,
    /// With this result, if the function has one.
    Returned(Option<String>),
    /// The host ended the run with this exit code.
    Exit(i32),
    /// The host's function failed, which ended the run.
    Failed(String),
}

impl Trace {
    /// For each event, the number of calls that it was made in. A number in [`Event::within`] that is not that of an earlier
    /// event counts as none.
    pub fn depths(&self) -> Vec<usize> {
        let mut depths: Vec<usize> = Vec::with_capacity(self.events.len());
        for event in &self.events {
            let outer = event.within.and_then(|index| depths.get(index));
            depths.push(outer.map_or(0, |depth| depth + 1));
        }
        depths
    }

    /// The calls of the host alone.
    pub fn imports(&self) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(|event| event.boundary == Boundary::Import)
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}
