//! Compares this project's encoder with the reference encoder on the same inputs.
//!
//! ```text
//! seed, number -- generate --> Sample -- render --> Inputs --+-- ours ------> Outcome --+
//!                                ^                           +-- reference -> Outcome --+-- compare --> Verdict
//!                                |                                                                        |
//!                                +------------------------- shrink <--------------------------- finding --+
//! ```
//!
//! A shrunk finding becomes a case directory ([`folder`]). A known difference is a class of [`known`], with its reason
//! and a directory that demonstrates it.

pub mod cases;
pub mod compare;
pub mod encoders;
pub mod facts;
pub mod folder;
pub mod fuzz;
pub mod generate;
pub mod inputs;
pub mod known;
pub mod module;
pub mod needs;
pub mod random;
pub mod rewrite;
pub mod search;
pub mod shrink;
