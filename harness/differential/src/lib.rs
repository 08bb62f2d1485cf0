//! The encoder against the reference: the same inputs through both, and what differs.
//!
//! ```text
//! seed, number -- generate --> Sample -- render --> Inputs --+-- ours ------> Outcome --+
//!                                ^                           +-- reference -> Outcome --+-- compare --> Verdict
//!                                |                                                                        |
//!                                +------------------------- shrink <--------------------------- finding --+
//! ```
//!
//! A finding, made small, becomes a case folder ([`folder`]); a difference that is understood and stays is a class of
//! [`known`], with its reason and a folder that shows it.

pub mod cases;
pub mod compare;
pub mod encoders;
pub mod facts;
pub mod folder;
pub mod fuzz;
pub mod generate;
pub mod hunt;
pub mod inputs;
pub mod known;
pub mod module;
pub mod needs;
pub mod random;
pub mod rewrite;
pub mod shrink;
