//! The encoder against the reference: the same inputs through both, and what differs.

pub mod cases;
pub mod needs;
