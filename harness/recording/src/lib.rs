//! Recordings: a run in a single file.
//!
//! A recording is the component that ran, with custom sections for everything that a replay needs: the case, the
//! calls across both boundaries, the guest's core module, the adapters, and the observation. Any component tool
//! accepts a recording.

mod format;
mod keep;
mod record;
mod replay;
mod show;
mod shrink;
mod standalone;
mod verdict;

pub use format::{About, AdapterAbout, Recording, RecordingError, Versions};
pub use keep::keep;
pub use record::{RecordError, record};
pub use replay::{Outcomes, ReplayError, ReplayOptions, limits, replay};
pub use show::{Amount, show};
pub use shrink::{Goal, NoMain, ReduceError, ShrinkError, Shrunk, shrink, shrink_case};
pub use standalone::{StandaloneError, standalone};
