//! Helpers of the tests of this workspace.

pub mod golden;
mod random;

pub use random::Random;
