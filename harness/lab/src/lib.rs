//! Bug finding for adapters: differential fuzzing, fault injection, initialization-order and re-entrancy stress tests.

pub mod adapter;
pub mod fuzz;
pub mod inject;
pub mod stress;
