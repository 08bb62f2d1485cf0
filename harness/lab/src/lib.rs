//! What looks for bugs of adapters that nobody wrote a test for.

pub mod adapter;
pub mod entry;
pub mod hunt;
pub mod sweep;
