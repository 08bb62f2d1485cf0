//! Bundles: a run in one file.
//!
//! A bundle is the component that ran, with custom sections that hold everything its run needs to happen again: the case,
//! the calls across both boundaries, main, the adapters, and what was seen. Whatever takes components takes a bundle.

mod format;
mod freeze;
mod keep;
mod record;
mod replay;
mod show;
mod shrink;
mod verdict;

pub use format::{About, AdapterAbout, Bundle, BundleError, Versions};
pub use freeze::{FreezeError, freeze};
pub use keep::keep;
pub use record::{RecordError, record};
pub use replay::{Outcomes, ReplayError, With, limits, replay};
pub use show::{Amount, show};
pub use shrink::{Goal, NoMain, ReduceError, ShrinkError, Shrunk, shrink, shrink_case};
