//! The encoder on the suite's own modules.

mod modules;

mod malformed;
mod reference;
