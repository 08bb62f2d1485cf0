//! Helpers of the tests of this workspace.

pub mod golden;
